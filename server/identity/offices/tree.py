"""The tree of units, the posts in them, the people and the kept groups: made, changed, moved and closed. Pure.

Nothing that a term or a meeting names is ever removed: it is closed, and stays in the history.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from server.errors import Conflict, Invalid, NotFound, Refused
from server.identity.accounts import EMAIL
from server.identity.nip import is_nip
from server.identity.offices.records import Directory, Group, Official, Post, Unit
from server.identity.offices.tenure import terms_of_post

DEEPEST = 12  # units within units: more is a mistake, or a loop in somebody's sheet
MOST_MEMBERS = 500
R = TypeVar("R", Unit, Post)


def fold(text: str) -> str:
    """What makes two names the same: neither case, nor spaces, nor another way to write the same letters."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


# ------------------------------------------------------------ looking


def path(directory: Directory, unit_id: str) -> tuple[Unit, ...]:
    """From the top down to the unit itself; empty for an unknown one."""
    found: list[Unit] = []
    unit = directory.units.get(unit_id)
    while unit is not None and len(found) < DEEPEST:
        found.append(unit)
        unit = directory.units.get(unit.parent_id)
    return tuple(reversed(found))


def children(directory: Directory, unit_id: str) -> list[Unit]:
    """In their order; "" gives those at the top."""
    return sorted((one for one in directory.units.values() if one.parent_id == unit_id), key=_unit_order)


def posts_in(directory: Directory, unit_id: str) -> list[Post]:
    """Its head first."""
    found = (one for one in directory.posts.values() if one.unit_id == unit_id)
    return sorted(found, key=lambda one: (one.closed, not one.leads, one.order, fold(one.title), one.post_id))


def walk(directory: Directory, unit_id: str = "", depth: int = 0) -> Iterator[tuple[int, Unit]]:
    """Every unit below, parents before children, with how deep it lies."""
    below: dict[str, list[Unit]] = {}
    for one in directory.units.values():
        below.setdefault(one.parent_id, []).append(one)
    yield from _walk(below, unit_id, depth)


def _walk(below: dict[str, list[Unit]], unit_id: str, depth: int) -> Iterator[tuple[int, Unit]]:
    if depth >= DEEPEST:
        return
    for one in sorted(below.get(unit_id, ()), key=_unit_order):
        yield depth, one
        yield from _walk(below, one.unit_id, depth + 1)


# ------------------------------------------------------------ units


def put_unit(directory: Directory, unit: Unit) -> Directory:
    """A new one, or a standing one as it should be now, also elsewhere in the tree. Invalid("offices.name" |
    "offices.loop" | "offices.deep"), NotFound("offices.unit"), Conflict("offices.unit_twice")."""
    if not unit.name.strip():
        raise Invalid("offices.name", field="name")
    if unit.parent_id:
        above = path(directory, unit.parent_id)
        if not above:
            raise NotFound("offices.unit")
        if any(one.unit_id == unit.unit_id for one in above):
            raise Invalid("offices.loop", field="parent")
        if len(above) + _height(directory, unit.unit_id) >= DEEPEST:
            raise Invalid("offices.deep", field="parent", most=DEEPEST)
    for other in children(directory, unit.parent_id):
        if other.unit_id != unit.unit_id and fold(other.name) == fold(unit.name):
            raise Conflict("offices.unit_twice", field="name", name=other.name)
    if unit.closed:
        _check_empty(directory, unit)
    return replace(directory, units={**directory.units, unit.unit_id: unit})


def remove_unit(directory: Directory, unit_id: str) -> Directory:
    """Only one in which nothing ever was. Refused("offices.unit_used")."""
    if any(one.parent_id == unit_id for one in directory.units.values()) or posts_in(directory, unit_id):
        raise Refused("offices.unit_used")
    return replace(directory, units={key: one for key, one in directory.units.items() if key != unit_id})


def _check_empty(directory: Directory, unit: Unit) -> None:
    if any(not one.closed for one in children(directory, unit.unit_id)):
        raise Refused("offices.unit_open")
    if any(not one.closed for one in posts_in(directory, unit.unit_id)):
        raise Refused("offices.unit_open")


def _height(directory: Directory, unit_id: str) -> int:
    return 1 + max((depth for depth, _ in walk(directory, unit_id)), default=-1)


# ------------------------------------------------------------ posts


def put_post(directory: Directory, post: Post) -> Directory:
    """As put_unit; Conflict("offices.post_twice" | "offices.post_held" | "offices.post_several")."""
    if not post.title.strip():
        raise Invalid("offices.title", field="title")
    if post.unit_id not in directory.units:
        raise NotFound("offices.unit")
    if post.email and not EMAIL.fullmatch(post.email):
        raise Invalid("account.email", field="email")
    for other in posts_in(directory, post.unit_id):
        if other.post_id != post.post_id and fold(other.title) == fold(post.title):
            raise Conflict("offices.post_twice", field="title", title=other.title)
    terms = terms_of_post(directory, post.post_id)
    before = directory.posts.get(post.post_id)
    if before is not None and before.several != post.several and terms:
        raise Conflict("offices.post_several", field="several")
    if post.closed and any(not one.until for one in terms):
        raise Conflict("offices.post_held")
    return replace(directory, posts={**directory.posts, post.post_id: post})


def remove_post(directory: Directory, post_id: str) -> Directory:
    """Only one that nobody ever held. Refused("offices.post_used")."""
    if terms_of_post(directory, post_id):
        raise Refused("offices.post_used")
    without = replace(directory, posts={key: one for key, one in directory.posts.items() if key != post_id})
    return _without_member(without, f"post:{post_id}")


# ------------------------------------------------------------ people


def put_official(directory: Directory, official: Official) -> Directory:
    """Invalid("offices.person_name" | "account.nip" | "account.email"), Conflict("offices.nip_taken" |
    "offices.account_taken")."""
    if not official.name.strip():
        raise Invalid("offices.person_name", field="name")
    if official.nip and not is_nip(official.nip):
        raise Invalid("account.nip", field="nip")
    if official.email and not EMAIL.fullmatch(official.email):
        raise Invalid("account.email", field="email")
    for other in directory.officials.values():
        if other.official_id == official.official_id:
            continue
        if official.nip and other.nip == official.nip:
            raise Conflict("offices.nip_taken", field="nip", name=other.name)
        if official.account_id and other.account_id == official.account_id:
            raise Conflict("offices.account_taken", field="account", name=other.name)
    return replace(directory, officials={**directory.officials, official.official_id: official})


# ------------------------------------------------------------ groups


def put_group(directory: Directory, group: Group) -> Directory:
    """Invalid("offices.name" | "offices.members"), Conflict("offices.group_twice")."""
    if not group.name.strip():
        raise Invalid("offices.name", field="name")
    members = tuple(dict.fromkeys(group.members))
    if len(members) > MOST_MEMBERS or not all(is_member(directory, one) for one in members):
        raise Invalid("offices.members", field="members", most=MOST_MEMBERS)
    for other in directory.groups.values():
        if other.group_id != group.group_id and fold(other.name) == fold(group.name):
            raise Conflict("offices.group_twice", field="name", name=other.name)
    return replace(directory, groups={**directory.groups, group.group_id: replace(group, members=members)})


def remove_group(directory: Directory, group_id: str) -> Directory:
    return replace(directory, groups={key: one for key, one in directory.groups.items() if key != group_id})


def is_member(directory: Directory, ref: str) -> bool:
    kind, _, key = ref.partition(":")
    return key in (directory.posts if kind == "post" else directory.officials if kind == "official" else ())


def _without_member(directory: Directory, ref: str) -> Directory:
    groups = {
        key: replace(one, members=tuple(member for member in one.members if member != ref))
        for key, one in directory.groups.items()
    }
    return replace(directory, groups=groups)


def _unit_order(one: Unit) -> tuple[bool, int, str, str]:
    return (one.closed, one.order, fold(one.name), one.unit_id)
