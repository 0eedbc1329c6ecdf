"""The companies that simulated logs can tell of: how large, where, with which permission model, clients and habits.

Everything is invented; domains and addresses are those reserved for documentation (RFC 2606, RFC 5737).
"""

from __future__ import annotations

from dataclasses import dataclass

#: Hours from UTC in July, country, city, office address.
PlaceOfWork = tuple[float, str, str, str]


@dataclass(frozen=True, slots=True)
class Profile:
    """What makes one company's logs unlike another's.

    Args:
        name: In the names of vaults and accounts.
        vaults: Key vaults, when nobody says how many.
        models: Permission models to draw from, one vault each.
        generations: Years of claim spelling to draw from.
        private: Share of vaults reached through Private Link.
        people: Staff besides one for every three vaults.
        clients: What staff work with, to draw from.
        sessions_per_day: Least and most visits of a person on a working day.
        workday: Middle and spread of the hours at which people visit, local time; `hours` the first and the last.
        utc_shift: Hours by which the company's day runs before UTC's, for its machines and its changes.
        weekend: Share of a working day's visits.
        applications: Applications per vault, to draw from.
        pipeline_every: One vault in so many has a release pipeline.
        dedicated: Audit records come as rows of AZKVAuditLogs, out of a workspace's data export.
        services: Has App Service references, deployments that read secrets, and a nightly backup of vault contents.
    """

    name: str
    domain: str
    about: str
    places: tuple[PlaceOfWork, ...]
    vaults: int = 24
    models: tuple[str, ...] = ("rbac", "rbac", "policy")
    generations: tuple[int, ...] = (2025, 2025, 2025, 2024, 2022, 2020)
    private: float = 0.3
    people: int = 14
    clients: tuple[str, ...] = ("portal", "portal", "cli", "powershell")
    sessions_per_day: tuple[float, float] = (0.25, 1.1)
    workday: tuple[float, float] = (13.0, 2.4)
    hours: tuple[float, float] = (7.5, 19.5)
    utc_shift: float = 0.0
    weekend: float = 0.08
    applications: tuple[int, ...] = (1, 2, 2, 3)
    pipeline_every: int = 3
    dedicated: bool = False
    services: bool = True


CONTOSO = Profile(
    name="contoso",
    domain="contoso.com",
    about="offices on three continents, both permission models, every kind of client: the demo's company",
    places=(
        (2.0, "NL", "Amsterdam", "192.0.2.10"),
        (2.0, "DE", "Berlin", "192.0.2.40"),
        (-4.0, "US", "Boston", "192.0.2.70"),
        (5.5, "IN", "Pune", "192.0.2.100"),
    ),
    services=False,
)
FABRIKAM = Profile(
    name="fabrikam",
    domain="fabrikam.com",
    about="large, roles nearly everywhere, many applications and few people at the vaults",
    places=((1.0, "GB", "Leeds", "192.0.2.12"), (-5.0, "US", "Chicago", "192.0.2.44")),
    vaults=28,
    models=("rbac",) * 9 + ("policy",),
    generations=(2025, 2025, 2025, 2025, 2024),
    private=0.4,
    people=8,
    sessions_per_day=(0.1, 0.5),
    applications=(2, 3, 3),
    pipeline_every=4,
)
CLINIC = Profile(
    name="clinic",
    domain="clinic.example.org",
    about="small, on the other side of the world, access policies, people in the portal and few machines",
    places=((10.0, "AU", "Brisbane", "192.0.2.14"),),
    vaults=9,
    utc_shift=10.0,
    models=("policy", "policy", "policy", "rbac"),
    generations=(2025, 2024, 2024),
    private=0.0,
    people=12,
    clients=("portal", "portal", "portal", "powershell"),
    sessions_per_day=(0.6, 1.8),
    weekend=0.3,
    applications=(1, 1, 2),
    pipeline_every=6,
)
BANK = Profile(
    name="bank",
    domain="bank.example.net",
    about="closed networks, rows of AZKVAuditLogs instead of blobs, PowerShell, changes at night",
    places=((2.0, "CH", "Bern", "192.0.2.16"), (8.0, "SG", "Singapore", "192.0.2.46")),
    models=("rbac", "rbac", "rbac", "policy"),
    generations=(2025, 2025, 2022),
    private=0.8,
    people=20,
    clients=("powershell", "powershell", "portal"),
    workday=(14.5, 4.0),
    hours=(6.0, 23.5),
    utc_shift=2.0,
    applications=(1, 2),
    pipeline_every=2,
    dedicated=True,
)
STUDIO = Profile(
    name="studio",
    domain="studio.example.com",
    about="developers at their shells on the Pacific coast, a pipeline for every vault",
    places=((-7.0, "US", "Portland", "192.0.2.18"), (-7.0, "US", "Oakland", "192.0.2.48")),
    vaults=14,
    models=("rbac", "policy"),
    private=0.1,
    people=18,
    clients=("cli", "cli", "cli", "portal"),
    sessions_per_day=(0.5, 1.6),
    workday=(15.0, 3.0),
    hours=(9.0, 23.0),
    utc_shift=-7.0,
    pipeline_every=1,
)
GRID = Profile(
    name="grid",
    domain="grid.example.org",
    about="shifts around the clock and the week, old vaults with the claim spelling of 2020 and 2022",
    places=(
        (5.5, "IN", "Nagpur", "192.0.2.20"),
        (-3.0, "BR", "Recife", "192.0.2.50"),
        (3.0, "KE", "Kisumu", "192.0.2.80"),
    ),
    vaults=18,
    generations=(2020, 2022, 2022, 2025),
    people=16,
    clients=("portal", "cli", "powershell"),
    workday=(12.0, 6.0),
    hours=(0.5, 23.5),
    weekend=1.0,
    applications=(1, 1, 3),
    dedicated=True,
)
COMPANIES = {profile.name: profile for profile in (CONTOSO, FABRIKAM, CLINIC, BANK, STUDIO, GRID)}
