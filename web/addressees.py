"""Who a row of the plan form means: a post, which finds its holder on the day, a person, a kept group, an account, or
somebody from outside. No request and no page here; what a browser says of a reference counts only with its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from server.identity.offices import finding, tenure
from server.identity.offices.finding import Found
from server.identity.offices.records import Directory, Official, Post, Term
from server.identity.offices.tree import fold
from server.identity.ports import Account
from server.meeting.commands import Invitee
from server.meeting.facts import Role
from server.meeting.state import Person

LISTED = re.compile(r"(?P<name>.*\S)\s*\((?P<login>[^()\s]+)\)")


def listed(account: Account) -> str:
    """How the list of suggestions names an account, and how it is found again."""
    return f"{account.name} ({account.login})"


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Whom a row may name. `day`: the meeting's, as an ISO date; on it holders are found."""

    accounts: Mapping[str, Account]  # by login
    directory: Directory
    day: str

    @classmethod
    def of(cls, accounts: Iterable[Account], directory: Directory, day: str) -> AddressBook:
        return cls({one.login: one for one in accounts}, directory, day)

    # ------------------------------------------------------------ what a row stands for

    def reference(self, typed: str, ref: str) -> str:
        """ "post:…", "official:…" or "group:…"; "" for an account and for whoever is written out. Without a reference
        the whole title of a post, or a group's name, is enough."""
        told = finding.tell(self.directory, ref, self.day)
        if told is not None and fold(told.label) == fold(typed):
            return ref
        wanted = fold(typed)
        same = [f"group:{one.group_id}" for one in self.directory.groups.values() if fold(one.name) == wanted]
        same += [
            f"post:{one.post_id}"
            for one in self.directory.posts.values()
            if not one.closed and wanted in (fold(one.title), fold(finding.label(self.directory, one)))
        ]
        return same[0] if wanted and len(same) == 1 else ""

    def tell(self, ref: str) -> Found | None:
        """What stands beside a reference: the holder on the day, a group's first members."""
        return finding.tell(self.directory, ref, self.day)

    def account(self, typed: str) -> Account | None:
        found = LISTED.fullmatch(typed)
        return self.accounts.get(found["login"].casefold()) if found else None

    def row_of(self, person: Person) -> tuple[str, str]:
        """The reference and the label of somebody who is invited already; ("", name) for who is written out."""
        post = self.directory.posts.get(person.post_id)
        if post is not None and not post.several:
            return f"post:{post.post_id}", finding.label(self.directory, post)
        official = self.directory.officials.get(person.official_id)
        if official is not None:
            return f"official:{official.official_id}", official.name
        account = next((one for one in self.accounts.values() if one.account_id == person.account_id), None)
        return "", listed(account) if account and person.account_id else person.name

    # ------------------------------------------------------------ who that is

    def invitees(self, ref: str, role: Role, standing: Person | None, row_id: str) -> Iterator[Invitee]:
        """One for a post or a person; for a group, and for a post that several hold, one for each."""
        kind, _, key = ref.partition(":")
        if kind == "group":
            for member in self.directory.groups[key].members:
                yield from self.invitees(member, role, None, "")
        elif standing is not None and (standing.came or standing.attended) and self.row_of(standing)[0] == ref:
            yield _as_they_stand(standing, role)  # who was in the room is who they were
        elif kind == "post":
            yield from self._holders(self.directory.posts[key], role, row_id)
        elif kind == "official":
            official = self.directory.officials[key]
            if standing is not None and standing.official_id == key:  # only how they are reached follows the directory
                kept = _as_they_stand(standing, role)
                yield replace(kept, email=official.email or kept.email)
            else:
                yield self._official(official, role, row_id)

    def _holders(self, post: Post, role: Role, row_id: str) -> Iterator[Invitee]:
        terms = tenure.holders(self.directory, post.post_id, self.day)
        office = self.directory.units[post.unit_id].name
        if not terms:
            email = post.email
            yield Invitee(post.title, role, row_id, post.title, office, email=email, post_id=post.post_id)
        for number, term in enumerate(terms):
            official = self.directory.officials[term.official_id]
            one = self._as(official, post, term, role, row_id if number == 0 else "")
            yield replace(one, post_id=post.post_id)

    def _official(self, official: Official, role: Role, row_id: str) -> Invitee:
        terms = tenure.posts_of(self.directory, official.official_id, self.day)
        term = terms[0] if terms else None
        return self._as(official, self.directory.posts[term.post_id] if term else None, term, role, row_id)

    def _as(self, official: Official, post: Post | None, term: Term | None, role: Role, row_id: str) -> Invitee:
        account = next((one for one in self.accounts.values() if one.account_id == official.account_id), None)
        account = account if official.account_id and account is not None and account.active else None
        email = official.email or (account.email if account else "") or (post.email if post else "")
        return Invitee(
            official.name,
            role,
            row_id,
            tenure.designation(post, term) if post else (account.function if account else ""),
            self.directory.units[post.unit_id].name if post else (account.office if account else ""),
            official.rank or (account.rank if account else ""),
            official.nip or (account.nip if account else ""),
            email,
            account.account_id if account else "",
            official_id=official.official_id,
        )

    def known(self, account: Account) -> str:
        """The directory's person of an account; "": none."""
        official = tenure.official_of_account(self.directory, account.account_id)
        return official.official_id if official else ""

    def at_day(self, invitees: Iterable[Invitee]) -> tuple[Invitee, ...]:
        """Invited posts with who holds them on the day: for a plan that is taken over to another one."""
        moved: list[Invitee] = []
        for one in invitees:
            post = self.directory.posts.get(one.post_id)
            found = [] if post is None or post.several or post.closed else [*self._holders(post, one.role, "")]
            moved.extend(found or [one])
        return once(moved)


def once(invitees: Iterable[Invitee]) -> tuple[Invitee, ...]:
    """A post and a person are invited once. Who holds two of the posts is written to once: the second post stays
    addressed, without an account and an address of its own."""
    kept: list[Invitee] = []
    seen: set[tuple[str, str]] = set()
    for one in invitees:
        key = (one.post_id, one.official_id)
        if key != ("", "") and key in seen:
            continue
        seen.add(key)
        written = any(one.official_id and other.official_id == one.official_id for other in kept)
        if written and not one.post_id:
            continue
        kept.append(replace(one, account_id="", email="") if written else one)
    return tuple(kept)


def _as_they_stand(person: Person, role: Role) -> Invitee:
    return Invitee(
        person.name,
        role,
        person.person_id,
        person.function,
        person.office,
        person.rank,
        person.nip,
        person.email,
        person.account_id,
        person.post_id,
        person.official_id,
    )
