"""What a sheet would change in the directory, row by row, and the directory after it. Pure: the preview is the change.

A blank cell leaves what stands; "-" empties it. A row at fault changes nothing, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, TypeAlias

from server.errors import BalaiError, Conflict, Invalid, NotFound, Value
from server.identity.nip import is_nip
from server.identity.offices import tenure, tree
from server.identity.offices.columns import header
from server.identity.offices.records import ACTING, PREFIXES, Acting, Directory, Official, Post, Term, Unit
from server.identity.offices.sheets import INEXACT
from server.identity.offices.tree import fold

Kind: TypeAlias = Literal["new", "changed", "ended", "unchanged", "error"]
KINDS: tuple[Kind, ...] = ("error", "new", "changed", "ended", "unchanged")
PERSON = ("name", "rank", "nip", "email", "phone")
LONGEST = {"name": 120, "rank": 120, "email": 254, "phone": 40, "post": 200, "office": 200, "unit": 200, "decree": 120}
MONTHS = (
    ("januari", "january"), ("februari", "february"), ("maret", "march"), ("april", "april"), ("mei", "may"),
    ("juni", "june"), ("juli", "july"), ("agustus", "august"), ("september", "september"), ("oktober", "october"),
    ("november", "november"), ("desember", "december"),
)  # fmt: skip
NOBODY = "-"
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_WRITTEN = re.compile(r"(\d{1,2}) ([a-z]+) (\d{4})")
_ACTING_WORDS: Mapping[str, Acting] = {
    "": "", "definitif": "", "tetap": "", "permanent": "", "plt": "plt", "pelaksana tugas": "plt", "acting": "plt",
    "plh": "plh", "pelaksana harian": "plh", "pj": "pj", "penjabat": "pj", "caretaker": "pj",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detail:
    """One field of one row: what stands and what would."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of a row (`line` as people count it; 0: no row, the person is not in the sheet)."""

    line: int
    kind: Kind
    name: str
    details: tuple[Detail, ...] = ()
    code: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a sheet is read. `day`: from when a new holder holds, where the row does not say; `complete`: who is not in
    the sheet ends the day before."""

    day: str
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`after` holds everything but the rows at fault. `unknown`: columns that were not understood."""

    after: Directory
    entries: tuple[Entry, ...]
    unknown: tuple[str, ...] = ()
    complete: bool = False

    def count(self, kind: Kind) -> int:
        return sum(one.kind == kind for one in self.entries)

    @property
    def changes(self) -> int:
        return sum(one.kind in ("new", "changed", "ended") for one in self.entries)

    @property
    def may_apply(self) -> bool:
        """A sheet that is taken for complete must be whole: a row at fault would end somebody."""
        return self.changes > 0 and not (self.complete and self.count("error"))


def plan(directory: Directory, rows: Sequence[Sequence[str]], wanted: Wanted, new_id: Callable[[], str]) -> Plan:
    """Invalid("import.header" | "import.twice"): no sheet of people at all."""
    head, columns, unknown = header(rows)
    entries: list[Entry] = []
    named: set[tuple[str, str]] = set()
    for line, row in enumerate(rows[head + 1 :], head + 2):
        cells = {name: row[place] for name, place in columns.items() if place < len(row)}
        if not any(cells.values()):
            continue
        name, work = cells.get("name") or cells.get("post", ""), _Row(directory, cells, wanted, new_id)
        try:
            directory = work.done()
        except BalaiError as error:
            entries.append(Entry(line, "error", name, (), error.code, error.values))
            continue
        named |= work.named
        entries.append(Entry(line, work.kind, name, tuple(work.details)))
    if wanted.complete:
        directory, gone = _without_others(directory, named, wanted.day)
        entries += gone
    return Plan(directory, tuple(entries), unknown, wanted.complete)


def _without_others(directory: Directory, named: set[tuple[str, str]], day: str) -> tuple[Directory, list[Entry]]:
    """Whoever holds a post on that day and is not named with it ends the day before."""
    entries: list[Entry] = []
    last = tenure.day_before(day)
    for term in list(directory.terms.values()):
        if not term.covers(day) or (term.post_id, term.official_id) in named:
            continue
        name, post = directory.officials[term.official_id].name, directory.posts[term.post_id]
        if term.since >= day:
            continue
        directory = tenure.end(directory, term.term_id, last)
        detail = Detail("until", term.until, last)
        entries.append(Entry(0, "ended", name, (Detail("post", tenure.designation(post, term), ""), detail)))
    return directory, entries


class _Row:
    """One row against the directory as the rows before it left it."""

    def __init__(
        self, directory: Directory, cells: Mapping[str, str], wanted: Wanted, new_id: Callable[[], str]
    ) -> None:
        self.directory, self._cells, self._wanted, self._new_id = directory, cells, wanted, new_id
        self.details: list[Detail] = []
        self.named: set[tuple[str, str]] = set()
        self.kind: Kind = "unchanged"

    def done(self) -> Directory:
        for name, most in LONGEST.items():
            if len(self._cells.get(name, "")) > most:
                raise Invalid("import.long", column=name, most=most)
        if INEXACT in self._cells.values():
            raise Invalid("import.inexact")
        since, until = self._day("since"), self._day("until")
        title, acting = self._title()
        official = self._person(title) if self._cells.get("name") or self._cells.get("id") else None
        post = self._post(title) if title else None
        if official is None and post is None:
            raise Invalid("import.nobody")
        if official is not None and post is not None:
            self._term(post, official, Term("", "", "", since, until, acting, self._cells.get("decree", "")))
        return self.directory

    # ------------------------------------------------------------ who

    def _person(self, title: str) -> Official:
        found = self._found(title)
        if found is None:
            self.kind = "new"
            found = Official(self._new_id(), "")
        wished: dict[str, str] = {}
        for name in PERSON:
            cell = self._cells.get(name, "")
            cell = "".join(cell.split()) if name == "nip" else cell
            if name == "nip" and cell and ("*" in cell or "\u2022" in cell):
                continue  # masked by our own export: as it stands
            if not cell or (cell == NOBODY and name == "name"):
                continue
            value = "" if cell == NOBODY else cell
            if value != getattr(found, name):
                self._say(name, "*" if name == "nip" and found.nip else getattr(found, name), _hidden(name, value))
                wished[name] = value
        changed = replace(found, **wished)  # type: ignore[arg-type]  # all of PERSON are texts
        self.directory = tree.put_official(self.directory, changed)
        return changed

    def _found(self, title: str) -> Official | None:
        """By the export's own key, by NIP, by mailbox and name, by a name that only one person has."""
        people, cells = self.directory.officials, self._cells
        if key := cells.get("id", ""):
            if key not in people:
                raise NotFound("import.no_id")
            return people[key]
        nip, name = "".join(cells.get("nip", "").split()), fold(cells.get("name", ""))
        if is_nip(nip) and (by_nip := [one for one in people.values() if one.nip == nip]):
            return by_nip[0]
        same = [one for one in people.values() if fold(one.name) == name]
        if is_nip(nip):
            same = [one for one in same if not one.nip]  # of another number: somebody else of this name
        if len(same) > 1 and (email := fold(cells.get("email", ""))):
            same = [one for one in same if fold(one.email) == email] or same
        if len(same) > 1:
            held = {one.official_id for one in self.directory.terms.values() if self._is_called(one, title)}
            same = [one for one in same if one.official_id in held] or same
        if len(same) > 1:
            raise Conflict("import.which", name=same[0].name)
        return same[0] if same else None

    def _is_called(self, term: Term, title: str) -> bool:
        return fold(self.directory.posts[term.post_id].title) == fold(title)

    # ------------------------------------------------------------ where

    def _title(self) -> tuple[str, Acting]:
        """The post's title without "Plt." in front, and what stood there."""
        title, said = self._cells.get("post", ""), fold(self._cells.get("acting", "")).strip(" .")
        if said not in _ACTING_WORDS:
            raise Invalid("import.acting", said=self._cells["acting"])
        acting = _ACTING_WORDS[said]
        for kind in ACTING[1:]:
            if fold(title).startswith(fold(PREFIXES[kind]) + " "):
                return title[len(PREFIXES[kind]) :].strip(), kind
        return title, acting

    def _post(self, title: str) -> Post:
        unit_id = self._unit()
        same = [one for one in self.directory.posts.values() if fold(one.title) == fold(title)]
        inside = [one for one in same if one.unit_id == unit_id] if unit_id else same
        if len(inside) == 1:
            return inside[0]
        if not unit_id:
            raise Invalid("import.no_unit" if not inside else "import.which_unit", title=title)
        made = Post(self._new_id(), unit_id, title)
        self.directory = tree.put_post(self.directory, made)
        self._say("post", "", title)
        return made

    def _unit(self) -> str:
        """The unit that office and unit name, made where there is none yet; "": the row names none."""
        names = [one.strip() for name in ("office", "unit") for one in self._cells.get(name, "").split(">")]
        names = [one for place, one in enumerate(names) if one and fold(one) not in {fold(o) for o in names[:place]}]
        unit_id = ""
        for place, name in enumerate(names):
            below = [one for one in tree.children(self.directory, unit_id) if fold(one.name) == fold(name)]
            if not below and place == 0:
                below = [one for one in self.directory.units.values() if fold(one.name) == fold(name)]
            if len(below) > 1:
                raise Conflict("import.which_unit", title=name)
            if below:
                unit_id = below[0].unit_id
                continue
            made = Unit(self._new_id(), name, unit_id)
            self.directory = tree.put_unit(self.directory, made)
            self._say("office", "", name)
            unit_id = made.unit_id
        return unit_id

    # ------------------------------------------------------------ since when

    def _term(self, post: Post, official: Official, said: Term) -> None:
        self.named.add((post.post_id, official.official_id))
        standing = self._standing(post, official, said)
        if standing is None:
            self._appoint(post, official, said)
            return
        wished = replace(
            standing,
            since=said.since or standing.since,
            until=said.until or standing.until,
            decree=_said(said.decree, standing.decree),
        )
        if wished == standing:
            return
        self.directory = tenure.change_term(self.directory, wished)
        for name in ("since", "until", "decree"):
            if getattr(wished, name) != getattr(standing, name):
                self._say(name, getattr(standing, name), getattr(wished, name))
        if self.kind == "changed" and wished.until and not standing.until:
            self.kind = "ended"

    def _standing(self, post: Post, official: Official, said: Term) -> Term | None:
        """The term that the row is about: the same beginning, or the one that goes on; None: another one."""
        terms = [
            one
            for one in tenure.terms_of_post(self.directory, post.post_id)
            if one.official_id == official.official_id and one.acting == said.acting
        ]
        same = [one for one in terms if said.since and one.since == said.since]
        same = same or [one for one in terms if said.until and one.until == said.until]
        open_ = [one for one in terms if not one.until or one.covers(self._wanted.day)]
        if said.since and not same:  # a correction of when it began, unless it had ended long before
            open_ = [one for one in open_ if not one.since or said.since <= self._wanted.day]
        return next(iter(same or open_), None)

    def _appoint(self, post: Post, official: Official, said: Term) -> None:
        before = tenure.holders(self.directory, post.post_id, said.since or self._wanted.day)
        since = said.since or (self._wanted.day if before and not post.several else "")
        decree = _said(said.decree, "")
        term = Term(self._new_id(), post.post_id, official.official_id, since, said.until, said.acting, decree)
        standing = self.directory
        follows = since and not (term.until and term.until < self._wanted.day)
        self.directory = tenure.succeed(standing, term) if follows else tenure.appoint(standing, term)
        self._say("post", "", tenure.designation(post, term))
        if since:
            self._say("since", "", since)
        if term.until:
            self._say("until", "", term.until)
        self.kind = "new"
        for key, one in standing.terms.items():
            if self.directory.terms[key] != one:
                self._say("ends", self.directory.officials[one.official_id].name, self.directory.terms[key].until)

    # ------------------------------------------------------------

    def _say(self, column: str, before: str, after: str) -> None:
        self.details.append(Detail(column, before, after))
        if self.kind == "unchanged":
            self.kind = "changed"

    def _day(self, name: str) -> str:
        cell = fold(self._cells.get(name, ""))
        if cell in ("", NOBODY, "sekarang", "now"):
            return ""
        day = read_day(cell)
        if not day:
            raise Invalid("import.day", column=name, said=self._cells[name])
        return day


def read_day(text: str) -> str:
    """2026-11-24, 24-11-2026, 24/11/2026, 24 November 2026 (also as Indonesians write it) as an ISO date; "" else."""
    try:
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        if found := _WRITTEN.fullmatch(text):
            months = [place for place, names in enumerate(MONTHS, 1) if found[2] in names]
            return date(int(found[3]), months[0], int(found[1])).isoformat() if months else ""
        return date.fromisoformat(text[:10]).isoformat() if re.fullmatch(r"\d{4}-\d{2}-\d{2}( .*)?", text) else ""
    except ValueError:
        return ""


def _said(cell: str, standing: str) -> str:
    return "" if cell == NOBODY else cell or standing


def _hidden(name: str, value: str) -> str:
    """An NIP tells birth date and sex: the preview shows its last digits."""
    return f"\u2026{value[-4:]}" if name == "nip" and value else value
