"""Every error a user can meet, with its exit code.

KeywitnessError                 1   anything below
├── UsageError                  2   a command or an argument that cannot be meant
├── CaseError                   3   the case folder
│   ├── CaseNotFoundError
│   ├── CaseTooNewError             made by a newer keywitness
│   ├── CaseBusyError               another process ingests
│   └── CaseDamagedError            a file of the case is missing or changed
├── EvidenceError               4   evidence that cannot be read, or is not what was ingested
│   ├── EvidenceUnreadableError
│   └── EvidenceChangedError
├── QueryError                  5   KQL that was refused: carries its diagnostics
│   └── LimitError                  a query that went beyond a limit; nothing was answered
├── RuleError                   6   a rule that is not valid
├── StorageFullError            7   the disk is full; what was committed stands
├── DocumentError               8   a saved report that cannot be read
├── ReportFormError            10   a form of the report that this machine cannot make
└── StoppedError              130   Ctrl-C; what was committed stands
"""

from __future__ import annotations

from typing import Protocol


class KeywitnessError(Exception):
    """A refusal with its cause, its effect and a way on.

    Args:
        message: The cause, one line.
        help: The nearest fix, one line; empty when there is none.
        effect: What this means for the case, one line.
    """

    exit_code = 1
    #: What pages call the cause, where it has a name but no place.
    code = ""

    def __init__(self, message: str, *, help: str = "", effect: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.effect = effect

    def render(self) -> str:
        """The whole text a terminal shows, without styling and without a last newline."""
        lines = [f"error{f'[{self.code}]' * bool(self.code)}: {self.message}"]
        if self.help:
            lines.append(f"  help: {self.help}")
        if self.effect:
            lines.append(f"effect: {self.effect} (exit {self.exit_code})")
        return "\n".join(lines)


class UsageError(KeywitnessError):
    exit_code = 2


class CaseError(KeywitnessError):
    exit_code = 3


class CaseNotFoundError(CaseError):
    """The folder is not a case."""


class CaseTooNewError(CaseError):
    """The case was made by a newer keywitness."""


class CaseBusyError(CaseError):
    """Another process is ingesting into the case."""


class CaseDamagedError(CaseError):
    """A file of the case is missing or changed."""


class EvidenceError(KeywitnessError):
    exit_code = 4


class EvidenceUnreadableError(EvidenceError):
    """The file or member cannot be read."""


class EvidenceChangedError(EvidenceError):
    """The bytes are no longer those that were ingested."""


class Renderable(Protocol):
    """A diagnostic: what it needs to show itself is the query text."""

    def render(self, text: str, *, source: str, first_line: int) -> str:
        """Code, cause, place, excerpt with caret, help."""
        ...


class QueryError(KeywitnessError):
    """A query that was refused. `render()` shows code, place, excerpt, caret and help.

    Args:
        message: The first cause, one line.
        help: As for every error.
        effect: As for every error.
        subject: The function or operator that it is about, as a plan calls it; empty where it is said otherwise.
        diagnostics: All causes, in the order of their places.
        text: The query text that their spans point into.
        source: What the place names: "query", or the path of the file.
        first_line: The line of that file where the text begins.
    """

    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        help: str = "",
        effect: str = "",
        subject: str = "",
        diagnostics: tuple[Renderable, ...] = (),
        text: str = "",
        source: str = "query",
        first_line: int = 1,
    ) -> None:
        super().__init__(message, help=help, effect=effect)
        self.subject = subject
        self.diagnostics = diagnostics
        self.text = text
        self.source = source
        self.first_line = first_line

    def render(self) -> str:
        """Every diagnostic with its excerpt, then the effect; as other errors where there are none."""
        if not self.diagnostics:
            return super().render()
        parts = [d.render(self.text, source=self.source, first_line=self.first_line) for d in self.diagnostics]
        if self.effect:
            parts.append(f"effect: {self.effect} (exit {self.exit_code})")
        return "\n".join(parts)


class LimitError(QueryError):
    """The query went beyond a limit of rows, bytes, time or memory."""


class RuleError(KeywitnessError):
    exit_code = 6


class StorageFullError(KeywitnessError):
    exit_code = 7


class DocumentError(KeywitnessError):
    """A saved report that is damaged, of a newer version, or no report."""

    exit_code = 8


class ReportFormError(KeywitnessError):
    """PDF without a browser: the other forms can be made."""

    exit_code = 10


class StoppedError(KeywitnessError):
    """The user stopped a load. What was committed stands, and the same command goes on from there."""

    exit_code = 130
