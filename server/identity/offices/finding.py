"""Finding posts, people and groups by what is typed, and saying who they are. Pure; over the directory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.identity.offices.records import PREFIXES, Directory, Group, Official, Post, Term
from server.identity.offices.tenure import designation, holders, posts_of
from server.identity.offices.tree import fold, path

RefKind: TypeAlias = Literal["post", "official", "group"]
KINDS: tuple[RefKind, ...] = ("post", "official", "group")
SHOWN = 3  # members of a group, holders of a post, that are named
SOME = 12  # answers to what is typed: more is no help


@dataclass(frozen=True, slots=True)
class Found:
    """`label` is what is chosen by, `about` what is shown beside it; `vacant`: a post without a holder that day."""

    ref: str
    label: str
    about: str = ""
    vacant: bool = False


def find(directory: Directory, typed: str, day: str, kinds: tuple[RefKind, ...] = KINDS) -> list[Found]:
    """What fits best first: every word must begin a word of it; posts before people of the same fit."""
    words = fold(typed).split()
    if not words:
        return []
    ranked: list[tuple[int, int, str, str]] = []
    for kind, ref, text in _candidates(directory, day, kinds):
        rank = _rank(words, text)
        if rank is not None:
            ranked.append((rank, KINDS.index(kind), text, ref))
    return [told for _, _, _, ref in sorted(ranked)[:SOME] if (told := tell(directory, ref, day))]


def tell(directory: Directory, ref: str, day: str) -> Found | None:
    """What a reference stands for on that day; None for one that stands for nothing."""
    kind, _, key = ref.partition(":")
    if kind == "post" and (post := directory.posts.get(key)):
        return _post(directory, post, day)
    if kind == "official" and (official := directory.officials.get(key)):
        return Found(ref, official.name, described(directory, key, day))
    if kind == "group" and (group := directory.groups.get(key)):
        inside = [told.label for one in group.members if (told := tell(directory, one, day))]
        more = f" +{len(inside) - SHOWN}" if len(inside) > SHOWN else ""
        return Found(ref, group.name, ", ".join(inside[:SHOWN]) + more)
    return None


def described(directory: Directory, official_id: str, day: str) -> str:
    """The posts a person holds that day, as a letter would address them."""
    said: list[str] = []
    for term in posts_of(directory, official_id, day):
        post = directory.posts[term.post_id]
        name = designation(post, term)
        unit = directory.units[post.unit_id].name
        said.append(name if fold(unit) in fold(name) else f"{name}, {unit}")
    return "; ".join(said)


def officials(directory: Directory, typed: str) -> list[Official]:
    """By name; with words, those whose name, mailbox or post has them all."""
    words = fold(typed).split()
    titles: dict[str, str] = {}
    if words:
        for term in directory.terms.values():
            post = directory.posts[term.post_id]
            said = f"{post.title} {directory.units[post.unit_id].name}"
            titles[term.official_id] = f"{titles.get(term.official_id, '')} {said}"
    found = (
        one
        for one in directory.officials.values()
        if not words or _rank(words, fold(f"{one.name} {one.email} {titles.get(one.official_id, '')}")) is not None
    )
    return sorted(found, key=lambda one: (one.closed, fold(one.name), one.official_id))


def _candidates(directory: Directory, day: str, kinds: tuple[RefKind, ...]) -> Iterator[tuple[RefKind, str, str]]:
    if "post" in kinds:
        for post in directory.posts.values():
            if not post.closed:
                names = " ".join(one.name for one in path(directory, post.unit_id))
                yield "post", f"post:{post.post_id}", f"{fold(post.title)} {fold(names)}"
    if "official" in kinds:
        titles: dict[str, str] = {}
        for term in directory.terms.values():
            if term.covers(day):
                titles[term.official_id] = f"{titles.get(term.official_id, '')} {directory.posts[term.post_id].title}"
        for one in directory.officials.values():
            if not one.closed:
                yield "official", f"official:{one.official_id}", fold(f"{one.name} {titles.get(one.official_id, '')}")
    if "group" in kinds:
        for group in directory.groups.values():
            yield "group", f"group:{group.group_id}", fold(group.name)


def _rank(words: list[str], text: str) -> int | None:
    """0: begins with what was typed; 1: every word begins a word; None: does not fit."""
    if text.startswith(" ".join(words)):
        return 0
    padded = f" {text}"
    return 1 if all(f" {word}" in padded or f".{word}" in padded or f"({word}" in padded for word in words) else None


def label(directory: Directory, post: Post) -> str:
    """What a post is chosen by: its title, with its unit where another post is called the same."""
    same = fold(post.title)
    if any(one.post_id != post.post_id and fold(one.title) == same for one in directory.posts.values()):
        return f"{post.title} ({directory.units[post.unit_id].name})"
    return post.title


def _post(directory: Directory, post: Post, day: str) -> Found:
    held = holders(directory, post.post_id, day)
    names = ", ".join(_holder(directory, one) for one in held[:SHOWN])
    more = f" +{len(held) - SHOWN}" if len(held) > SHOWN else ""
    shown, unit = label(directory, post), directory.units[post.unit_id].name
    where = "" if fold(unit) in fold(shown) else unit
    return Found(f"post:{post.post_id}", shown, " · ".join(one for one in (names + more, where) if one), not held)


def _holder(directory: Directory, term: Term) -> str:
    name = directory.officials[term.official_id].name
    return f"{name} ({PREFIXES[term.acting]})" if term.acting else name


def members(directory: Directory, group: Group, day: str) -> list[Found]:
    """Who is in it, in order."""
    return [told for one in group.members if (told := tell(directory, one, day))]
