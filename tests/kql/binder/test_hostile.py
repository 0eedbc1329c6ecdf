"""No text does worse than be refused with a diagnostic: queries with pieces swapped, doubled or lost."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.errors import QueryError
from keywitness.kql.compile import compile_kql

QUERIES = [
    "AzureDiagnostics | where TimeGenerated > ago(1d) and OperationName has_any ('SecretGet', 'KeyGet') | take 5",
    "AzureDiagnostics"
    " | summarize n = count(), arg_max(TimeGenerated, *) by Resource, bin(TimeGenerated, 1h) | top 3 by n",
    "let L = dynamic(['a']); let T = AZKVAuditLogs | where Resource in (L); T | join kind=leftouter (T) on Resource",
    "let f = (x: long = 3, T: (Resource: string)) { T | extend y = x + strlen(Resource) }; AZKVAuditLogs | invoke f()",
    "union withsource=From A*, (SigninLogs | project Identity) | mv-expand d = parse_json(Resource).a to typeof(long)",
    "AzureDiagnostics | mv-apply e = AdditionalFields.list on (where e.x > 1 | summarize s = sum(toint(e.n))) | count",
    "AzureDiagnostics | parse Resource with 'kv-' env '-' n:long * | extend c = iff(n > 1, env, tostring(n))",
    "AZKVAuditLogs | sort by TimeGenerated asc | extend p = prev(Count, 1), r = row_number()"
    " | where p between (1 .. r)",
    "range x from 1 to 10 step 1 | make-series s = sum(x) default=0 on x from 1 to 10 step 2 | extend (a) = s[0]",
    "datatable(d:dynamic, s:string)[dynamic({'a':1}), 'x'] | evaluate bag_unpack(d) : (a:long) | project-reorder *",
    "print a = toscalar(AZKVAuditLogs | summarize max(Count)), b = case(1 > 2, 'x', 'y'), c = ['d']",
    "AZKVAuditLogs | lookup (SigninLogs"
    " | project TimeGenerated, Identity) on $left.TimeGenerated == $right.TimeGenerated",
]  # fmt: skip
PIECES = [re.findall(r"'[^']*'|\w+|\s+|[^\w\s]", query) for query in QUERIES]
WORDS = sorted({piece for query in PIECES for piece in query if piece.strip()})


@st.composite
def mangled(draw: st.DrawFn) -> str:
    pieces = list(draw(st.sampled_from(PIECES)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(["lose", "swap", "double", "replace"])):
            case "lose" if len(pieces) > 1:
                del pieces[place]
            case "swap":
                other = draw(st.integers(0, len(pieces) - 1))
                pieces[place], pieces[other] = pieces[other], pieces[place]
            case "double":
                pieces.insert(place, f" {draw(st.sampled_from(WORDS))} ")
            case _:
                pieces[place] = draw(st.sampled_from(WORDS))
    return "".join(pieces)


@settings(max_examples=1500, deadline=None)
@given(text=mangled())
def test_a_mangled_query_is_bound_or_refused_with_its_place(catalog: Any, text: str) -> None:
    try:
        program = compile_kql(text, catalog, 638_396_640_000_000_000)
    except QueryError as error:
        assert error.diagnostics
        assert error.render().startswith("error[")
    else:
        names = list(program.result.schema.names())
        assert len(names) == len(set(names))
        assert not any(c.hidden for c in program.result.schema)
