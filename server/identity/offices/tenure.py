"""Who holds a post on which day, and how that may change. Pure: a directory in, another one out.

Of a post that one person holds, no two terms overlap, except that an acting holder stands in for the one in their own
right. History is ended or corrected, never written over by a successor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from server.errors import Conflict, Invalid, NotFound
from server.identity.offices.records import ACTING, PREFIXES, Directory, Official, Post, Term


def terms_of_post(directory: Directory, post_id: str) -> list[Term]:
    """The latest first."""
    found = [one for one in directory.terms.values() if one.post_id == post_id]
    return sorted(found, key=lambda one: (one.since, one.until or "9", one.term_id), reverse=True)


def terms_of_official(directory: Directory, official_id: str) -> list[Term]:
    """The latest first."""
    found = [one for one in directory.terms.values() if one.official_id == official_id]
    return sorted(found, key=lambda one: (one.since, one.until or "9", one.term_id), reverse=True)


def holders(directory: Directory, post_id: str, day: str) -> tuple[Term, ...]:
    """Whom a letter to this post reaches on that day: an acting holder before the one they stand in for; of a post
    that several hold, all. Empty: vacant."""
    standing = [one for one in terms_of_post(directory, post_id) if one.covers(day)]
    post = directory.posts.get(post_id)
    if post is not None and post.several:
        return tuple(sorted(standing, key=lambda one: directory.officials[one.official_id].name))
    acting = [one for one in standing if one.acting]
    return tuple((acting or standing)[:1])


def posts_of(directory: Directory, official_id: str, day: str) -> list[Term]:
    """The posts a person holds on that day, those in their own right first."""
    standing = [one for one in terms_of_official(directory, official_id) if one.covers(day)]
    return sorted(standing, key=lambda one: (one.acting != "", one.since, one.term_id))


def designation(post: Post, term: Term | None) -> str:
    """How the post is addressed: "Plt. Kepala Dinas Kesehatan"."""
    prefix = PREFIXES.get(term.acting, "") if term is not None else ""
    return f"{prefix} {post.title}" if prefix else post.title


# ------------------------------------------------------------ changing it


def appoint(directory: Directory, term: Term) -> Directory:
    """One more term, anywhere in time. Invalid, NotFound, Conflict("offices.overlap")."""
    _check(directory, term)
    return _with_terms(directory, (term,))


def succeed(directory: Directory, term: Term) -> Directory:
    """Somebody takes the post over on a day: whoever stood in their place ends the day before. In their own right they
    follow the last holder and everybody acting; an acting one follows only another acting one. As appoint, and
    Conflict("offices.begins_earlier") where the one before began no earlier than that day."""
    post = _post(directory, term.post_id)
    if not is_day(term.since):
        raise Invalid("offices.since", field="since")
    ended: list[Term] = []
    for one in terms_of_post(directory, post.post_id):
        follows = not post.several and (not term.acting or bool(one.acting))
        if not follows or not (one.covers(term.since) or (not one.until and one.since > term.since)):
            continue
        if one.since >= term.since:
            raise Conflict("offices.begins_earlier", field="since", day=one.since)
        ended.append(replace(one, until=day_before(term.since)))
    return appoint(_with_terms(directory, ended), term)


def change_term(directory: Directory, term: Term) -> Directory:
    """A term as it should have been written. As appoint; NotFound("offices.term")."""
    if term.term_id not in directory.terms:
        raise NotFound("offices.term")
    return appoint(directory, term)


def end(directory: Directory, term_id: str, last_day: str) -> Directory:
    """NotFound("offices.term"), Invalid("offices.until")."""
    term = directory.terms.get(term_id)
    if term is None:
        raise NotFound("offices.term")
    if not is_day(last_day):
        raise Invalid("offices.until", field="until")
    return appoint(directory, replace(term, until=last_day))


def remove_term(directory: Directory, term_id: str) -> Directory:
    """What was entered by mistake and never was. NotFound("offices.term")."""
    if term_id not in directory.terms:
        raise NotFound("offices.term")
    return replace(directory, terms={key: one for key, one in directory.terms.items() if key != term_id})


def overlaps(one: Term, other: Term) -> bool:
    """They share a day."""
    return (not one.until or other.since <= one.until) and (not other.until or one.since <= other.until)


def faults(directory: Directory) -> Iterable[tuple[Term, Term]]:
    """Every pair of terms that may not stand beside each other; none in a directory made by these functions."""
    by_post: dict[str, list[Term]] = {}
    for term in directory.terms.values():
        by_post.setdefault(term.post_id, []).append(term)
    for post_id, terms in by_post.items():
        several = directory.posts[post_id].several
        for place, one in enumerate(terms):
            yield from ((one, other) for other in terms[place + 1 :] if _clash(one, other, several))


def is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def official_of_account(directory: Directory, account_id: str) -> Official | None:
    return next((one for one in directory.officials.values() if account_id and one.account_id == account_id), None)


def _check(directory: Directory, term: Term) -> None:
    post = _post(directory, term.post_id)
    if term.official_id not in directory.officials:
        raise NotFound("offices.official")
    if term.acting not in ACTING:
        raise Invalid("offices.acting", field="acting")
    if term.since and not is_day(term.since):
        raise Invalid("offices.since", field="since")
    if term.until and (not is_day(term.until) or term.until < term.since):
        raise Invalid("offices.until", field="until")
    if post.closed and not term.until:
        raise Conflict("offices.post_closed", field="post")
    for other in terms_of_post(directory, term.post_id):
        if other.term_id != term.term_id and _clash(term, other, post.several):
            name = directory.officials[other.official_id].name
            raise Conflict("offices.overlap", field="since", name=name)


def _clash(one: Term, other: Term, several: bool) -> bool:
    if several:
        return one.official_id == other.official_id and overlaps(one, other)
    return bool(one.acting) == bool(other.acting) and overlaps(one, other)


def _post(directory: Directory, post_id: str) -> Post:
    post = directory.posts.get(post_id)
    if post is None:
        raise NotFound("offices.post")
    return post


def _with_terms(directory: Directory, terms: Iterable[Term]) -> Directory:
    return replace(directory, terms={**directory.terms, **{one.term_id: one for one in terms}})
