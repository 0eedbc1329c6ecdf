"""All access and all escalation paths of the largest made-up tenant: `python -m benchmarks.access`.

10,000 vaults, 100,000 principals, 1,000,000 role assignments. Prints seconds, peak memory, the time of one question.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure import verdict
from keywitness.access.escalation.edges import Edges
from keywitness.access.escalation.reach import Reaches
from keywitness.access.escalation.search import Search
from keywitness.access.operations import operation
from keywitness.access.question import ask
from keywitness.access.survey import Survey
from keywitness.access.tenant import Tenant
from keywitness.lab.estate import LARGEST, Size, estate

#: What one question may take once the tenant is loaded, in milliseconds.
QUESTION_MS = 50


@contextmanager
def timed(what: str) -> Iterator[None]:
    start, used = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    print(f"{what:<48}{wall:8.2f} s   {cpu:8.2f} s of processor", flush=True)


def main(size: Size = LARGEST) -> None:
    print(f"{size.vaults:,} vaults, {size.principals:,} principals, {size.assignments:,} role assignments")
    inventory = estate(size, seed=7)
    with timed("load"):
        tenant = Tenant(inventory)
    print(f"  {len(tenant.grants):,} grants, {len(tenant.scopes.names):,} scopes")
    survey, rows, able = Survey(tenant), 0, 0
    with timed("who can act as whom"):
        edges = Edges(tenant)
        reaches = Reaches(survey, edges)
    print(f"  {len(edges.all):,} edges")
    with timed("all access and all escalation paths"):
        for vault in survey.by_scope():
            rights = survey.rights(vault.scope, keep=False)
            rows += sum(1 for _ in survey.rows(vault, rights))
            able += survey.size(reaches.of(vault, rights).perhaps)
    print(f"  {rows:,} counts of vault and operation")
    print(f"  {able:,} pairs of principal and vault that end at its secrets, surely or perhaps")
    questions(tenant, Search(tenant, reaches))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def questions(tenant: Tenant, search: Search, count: int = 300) -> None:
    """One question at a time, of principals and vaults at random."""
    rng = random.Random(1)
    pairs = [(rng.randrange(len(tenant.principals)), rng.choice(tenant.vaults)) for _ in range(count)]
    asked = [_milliseconds(lambda p=p, v=v: ask(tenant, p, v, operation("secret", "get"))) for p, v in pairs]
    searched = [_milliseconds(lambda p=p, v=v: search.paths(p, v)) for p, v in pairs]
    for what, times in (("one question", asked), ("one question with every path", searched)):
        slowest = max(times)
        line = f"{what:<32} median {statistics.median(times):7.2f} ms   slowest {slowest:7.2f} ms"
        print(f"{line}   wanted < {QUESTION_MS} ms: {verdict(slowest < QUESTION_MS)}")


def _milliseconds(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main(Size(*map(int, sys.argv[1:4])) if len(sys.argv) > 3 else LARGEST)
