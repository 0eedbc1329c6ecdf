"""Tables without a case, and queries to try everything on."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from keywitness import kql

TABLES = kql.tables(
    {
        "T": {"Name": "string", "At": "datetime", "Size": "long", "Bag": "dynamic", "odd name": "long"},
        "U": {"Name": "string", "Owner": "string"},
    }
)
_KQL = Path(__file__).parents[1]
CORPUS = [path.read_text(encoding="utf-8") for path in sorted((_KQL / "corpus").rglob("*.kql"))]
WRONG = [
    path.read_text(encoding="utf-8").partition("\n----\n")[0]
    for folder in ("errors", "binder/errors")
    for path in sorted((_KQL / folder).glob("*.txt"))
]

#: Pieces that change what a query is.
_PIECES = st.one_of(
    st.sampled_from("|()[]{};,.='\"`\n -*$@\\\x00\u201c\u200b9\xe9\U0001f600"),
    st.sampled_from(["```", "//", "let x = ", "| where ", "by ", "on ", "join (", "T", "9d", "datetime("]),
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A query of the corpus: cut, or with pieces put in or taken out."""
    text = draw(st.sampled_from(CORPUS + WRONG))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        text = text[:place] + draw(_PIECES) + text[place + length :]
    return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text
