"""The directory as a sheet that can be imported again, and the empty one to fill in. No request here; the command line
uses it too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from server.documents.compose import masked
from server.documents.render_table import book_bytes, csv_bytes
from server.documents.sheet import Table
from server.identity.offices.columns import COLUMNS
from server.identity.offices.records import PREFIXES, Directory, Official, Post, Term
from server.identity.offices.tree import fold, path
from web.i18n import Words

WIDTHS = {"id": 10, "name": 28, "nip": 20, "post": 34, "office": 34, "email": 26}
SAMPLE = {
    "name": "dr. Ratna Dewi, M.Kes.",
    "nip": "197503122002122001",
    "rank": "Pembina Tk. I (IV/b)",
    "post": "Kepala Dinas Kesehatan",
    "office": "Dinas Kesehatan",
    "since": "2025-06-02",
    "email": "dinkes@contoh.go.id",
}


def table(directory: Directory, day: str, words: Words, *, full_nip: bool = False) -> Table:
    """A row per person and post, now or to come; people without a post; posts without a holder."""
    rows = sorted(
        _rows(directory, day, full_nip), key=lambda row: (fold(row["office"]), fold(row["post"]), row["since"])
    )
    cells = tuple(tuple(row.get(name, "") for name in COLUMNS) for row in rows)
    return Table(_headers(words), _widths(), cells)


def _order(row: dict[str, str]) -> tuple[str, str, str]:
    return fold(row["office"]), fold(row["post"]), row["since"]


def template(words: Words) -> Table:
    """With one invented row that shows what goes where."""
    names = [name for name in COLUMNS if name != "id"]
    headers = tuple(words(f"page.import.column.{name}") for name in names)
    return Table(headers, tuple(WIDTHS.get(name, 14) for name in names), (tuple(SAMPLE.get(one, "") for one in names),))


def file(form: Literal["csv", "xlsx"], title: str, author: str, at_ms: int, made: Table) -> bytes:
    return csv_bytes(made) if form == "csv" else book_bytes(title, author, at_ms, made)


def _headers(words: Words) -> tuple[str, ...]:
    return tuple(words(f"page.import.column.{name}") for name in COLUMNS)


def _widths() -> tuple[int, ...]:
    return tuple(WIDTHS.get(name, 14) for name in COLUMNS)


def _rows(directory: Directory, day: str, full_nip: bool) -> Iterator[dict[str, str]]:
    placed: set[str] = set()
    held: set[str] = set()
    for term in directory.terms.values():
        if not term.until or term.until >= day:
            official, post = directory.officials[term.official_id], directory.posts[term.post_id]
            placed.add(official.official_id)
            held.add(post.post_id)
            yield _person(official, full_nip) | _where(directory, post) | _when(term)
    for official in directory.officials.values():
        if official.official_id not in placed and not official.closed:
            yield _person(official, full_nip) | {"office": "", "post": "", "since": ""}
    for post in directory.posts.values():
        if post.post_id not in held and not post.closed:
            yield _where(directory, post) | {"since": ""}


def _person(one: Official, full_nip: bool) -> dict[str, str]:
    nip = one.nip if full_nip else masked(one.nip)
    return {
        "id": one.official_id,
        "name": one.name,
        "nip": nip,
        "rank": one.rank,
        "email": one.email,
        "phone": one.phone,
    }


def _where(directory: Directory, post: Post) -> dict[str, str]:
    """The whole way down the tree, so that units of the same name are told apart."""
    names = [unit.name for unit in path(directory, post.unit_id)]
    return {"office": " > ".join(names), "post": post.title}


def _when(term: Term) -> dict[str, str]:
    acting = PREFIXES[term.acting].rstrip(".") if term.acting else ""
    return {"acting": acting, "since": term.since, "until": term.until, "decree": term.decree}
