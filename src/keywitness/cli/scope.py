"""The options by which several commands are told what is asked about."""

from __future__ import annotations

from typing import Annotated

import typer

IdentityOption = Annotated[
    list[str] | None, typer.Option("--identity", help="Only this caller: name, object id or application id.")
]
AddressOption = Annotated[list[str] | None, typer.Option("--ip", help="Only this caller address.")]
VaultOption = Annotated[list[str] | None, typer.Option("--vault", help="Only this vault.")]
SecretOption = Annotated[
    list[str] | None, typer.Option("--secret", help="Only objects of this name; * and ? are wildcards.")
]
SinceOption = Annotated[str, typer.Option("--since", help="Not before this time (UTC unless it says otherwise).")]
UntilOption = Annotated[str, typer.Option("--until", help="Before this time.")]
