"""Sets: dynamic arrays without order and repetition."""

from __future__ import annotations

from keywitness.engine import sql
from keywitness.engine.lowering.dynamics import as_json
from keywitness.engine.lowering.lowering import Table, Use
from keywitness.engine.sql import Expr


def _has_element(use: Use) -> Expr:
    return sql.call("kw_has_element", use.args[0], as_json(use.args[1], use.type(1)))


LOWERINGS: Table = {
    "set_difference": "kx_sets_difference",
    "set_intersect": "kx_sets_intersection",
    "set_union": "kx_sets_union",
    "set_equals": "kx_sets_equal",
    "set_has_element": _has_element,
    "jaccard_index": "kx_sets_jaccard",
}
