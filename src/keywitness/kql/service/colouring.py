"""Text to stretches of one kind, for colouring; nothing is looked up, so half a query has its colours too."""

from __future__ import annotations

from collections.abc import Iterator

from keywitness.kql.grammar.keywords import CLAUSE_WORDS, NAMED_ONLY, PIPE_OPERATORS, RESERVED, SOURCE_OPERATORS, TYPES
from keywitness.kql.lexer import Kind, tokenize
from keywitness.kql.lexer import Token as Lexeme
from keywitness.kql.service.results import Token, TokenKind

_KINDS = {
    Kind.LONG: TokenKind.NUMBER,
    Kind.REAL: TokenKind.NUMBER,
    Kind.TIMESPAN: TokenKind.LITERAL,
    Kind.BOOL: TokenKind.LITERAL,
    Kind.TYPED: TokenKind.LITERAL,
    Kind.STRING: TokenKind.STRING,
    Kind.OP: TokenKind.PUNCTUATION,
}
_OPERATORS = frozenset((*PIPE_OPERATORS, *SOURCE_OPERATORS, *NAMED_ONLY))
#: Operators that begin a query, so that no pipe stands before them.
_BEGINNING = frozenset((*SOURCE_OPERATORS, "let", "set", "declare"))
_WORDS = CLAUSE_WORDS | {"kind", "nulls", "first", "last", "typeof", "limit", "regex", "default", "not", "let", "set"}


def tokens(text: str) -> tuple[Token, ...]:
    """Every stretch of the text that is more than space, in order and without overlap.

    Example:
        >>> [(t.kind.value, "T | take 5"[t.start : t.end]) for t in tokens("T | take 5")]
        [('name', 'T'), ('punctuation', '|'), ('operator', 'take'), ('number', '5')]
    """
    lexemes = tokenize(text).tokens
    found: list[Token] = []
    behind = place = 0
    while place < len(lexemes):
        lexeme = lexemes[place]
        found += comments(text, behind, lexeme.start)
        if lexeme.kind is Kind.END:
            break
        count = _dashed(lexemes, place)
        end = lexemes[place + count - 1].end
        word = text[lexeme.start : end]
        found.append(Token(_kind(lexemes, place, count, word), lexeme.start, end))
        behind, place = end, place + count
    return tuple(found)


def comments(text: str, start: int, end: int) -> Iterator[Token]:
    """The comments between two tokens."""
    while (begin := text.find("//", start, end)) >= 0:
        ends = [place for mark in "\r\n" if (place := text.find(mark, begin, end)) >= 0]
        start = min(ends, default=end)
        yield Token(TokenKind.COMMENT, begin, start)


def _dashed(lexemes: list[Lexeme], place: int) -> int:
    """How many tokens an operator such as `project-away` has at this place; 1 for anything else."""
    if place + 2 >= len(lexemes) or lexemes[place].kind is not Kind.NAME:
        return 1
    count, word, end = 1, lexemes[place].text, lexemes[place].end
    best = 1
    while place + count + 1 < len(lexemes):
        dash, part = lexemes[place + count], lexemes[place + count + 1]
        if dash.text != "-" or part.kind is not Kind.NAME or dash.start != end or part.start != dash.end:
            break
        count, word, end = count + 2, f"{word}-{part.text}", part.end
        if word in _OPERATORS:
            best = count
    return best


def _kind(lexemes: list[Lexeme], place: int, count: int, word: str) -> TokenKind:
    lexeme = lexemes[place]
    if lexeme.kind is Kind.OP and lexeme.text.lstrip("!").rstrip("~").isalpha():
        return TokenKind.KEYWORD
    if lexeme.kind is not Kind.NAME:
        return _KINDS[lexeme.kind]
    before = lexemes[place - 1].text if place else ";"
    following = lexemes[place + count]
    if word in _OPERATORS and (count > 1 or before == "|" or (before in {";", "(", "=", "{"} and word in _BEGINNING)):
        return TokenKind.OPERATOR
    if word in TYPES and before in {":", "("}:
        return TokenKind.TYPE
    if following.text == "(" and word not in CLAUSE_WORDS:
        return TokenKind.FUNCTION
    return TokenKind.KEYWORD if word in _WORDS or word in RESERVED else TokenKind.NAME
