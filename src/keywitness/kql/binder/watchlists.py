"""`_GetWatchlist` and `_GetWatchlistAlias`: lists that the case keeps, in the columns in which Sentinel gives them.

Sentinel's function gives the item's id, the time of its last change and its search key, then the columns of the CSV
file, each of them text. Facts: Microsoft Sentinel, watchlists-queries; the table Watchlist in the reference of Azure
Monitor's tables.
"""

from __future__ import annotations

from keywitness.kql import plan
from keywitness.kql.binder.context import Context, Rows
from keywitness.kql.binder.types import BOOL, DATETIME, LONG, STRING
from keywitness.kql.catalog import Watchlist
from keywitness.model.schema import Column, Schema

_ITEM, _UPDATED, _KEY = "_DTItemId", "LastUpdatedTimeUTC", "SearchKey"
#: Columns that no watchlist can have itself.
OWN_COLUMNS = (_ITEM, _UPDATED, _KEY)


def rows(found: Watchlist, keys: plan.Scalar | None = None) -> Rows:
    """The rows of a watchlist; with `keys`, an array, only those whose search key is one of them."""
    columns = [Column(name, STRING) for name in found.columns]
    source = plan.External((found.file,), "csv", Schema([Column(plan.ROW_NUMBER, LONG), *columns]), header=True)
    key = plan.ColumnRef(found.key, STRING)
    named = [
        plan.Named(_ITEM, _item_id(found)),
        plan.Named(_UPDATED, plan.Literal(found.updated_at, DATETIME)),
        plan.Named(_KEY, key),
        *(plan.Named(c.name, plan.ColumnRef(c.name, STRING)) for c in columns),
    ]
    filtered: plan.Plan = source
    if keys is not None:
        filtered = plan.Filter(source, plan.Call("in", (key, keys), BOOL))
    return Rows(plan.Project(filtered, tuple(named)), origin=found.alias)


def _item_id(found: Watchlist) -> plan.Scalar:
    """An id in the form of a guid that stays the same: of the file's hash and the number of the row."""
    digest = found.file.sha256
    head = f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-"
    number = plan.Call("tohex", (plan.ColumnRef(plan.ROW_NUMBER, LONG), plan.Literal(12, LONG)), STRING)
    return plan.Call("strcat", (plan.Literal(head, STRING), number), STRING)


def empty() -> Rows:
    """What Sentinel gives for a watchlist that does not exist."""
    columns = (Column(_ITEM, STRING), Column(_UPDATED, DATETIME), Column(_KEY, STRING))
    return Rows(plan.Constant(Schema(columns), ()))


def aliases(context: Context) -> Rows:
    """The aliases of all watchlists of the case."""
    names = tuple((alias,) for alias in context.catalog.watchlist_aliases())
    return Rows(plan.Constant(Schema((Column("WatchlistAlias", STRING),)), names))
