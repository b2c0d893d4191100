"""Which right in the office follows from the groups that a provider or a directory names. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.identity.ports import OfficeRole


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of the configuration; none at all: rights are given in Balai."""

    administrators: tuple[str, ...] = ()
    secretaries: tuple[str, ...] = ()
    officials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """`of_group`: the highest right of a group they are in; None: of none. `wanted`: what the account's right becomes;
    None: stays as it is."""

    of_group: OfficeRole | None
    wanted: OfficeRole | None


def role_of(groups: Iterable[str], configured: Groups) -> Role:
    """Names are compared whole, whatever their case."""
    member = {one.casefold() for one in groups}
    ladder: tuple[tuple[OfficeRole, tuple[str, ...]], ...] = (
        ("administrator", configured.administrators),
        ("secretary", configured.secretaries),
        ("official", configured.officials),
    )
    of_group = next((role for role, names in ladder if member & {one.casefold() for one in names}), None)
    if not (configured.administrators or configured.secretaries):
        return Role(of_group, None)
    return Role(of_group, of_group or "official")
