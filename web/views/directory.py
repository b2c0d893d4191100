"""The directory for everybody with an account: found by a word, by office; a person and their posts; the type-ahead."""

from __future__ import annotations

from typing import cast

import msgspec
from aiohttp.web import Request, Response

from server.errors import NotFound
from server.identity.offices import finding, tenure, tree
from server.identity.offices.finding import KINDS, SOME, Found, RefKind
from server.identity.offices.records import Directory
from web.addressees import AddressBook, listed
from web.house import House
from web.views.home import page_number
from web.views.offices import held, today, wanted_unit
from web.views.officials import wanted_official

ROWS = 50
TYPED = 100
MOST_REFS = 300


class DirectoryPages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        self._house.signed_in(request)
        directory, day = await self._directory(), today(self._house)
        typed, page = request.query.get("q", "")[:TYPED].strip(), page_number(request.query.get("page", "1"))
        found = [one for one in finding.officials(directory, typed) if not one.closed] if typed else []
        shown = found[(page - 1) * ROWS : page * ROWS]
        rows = [(one, finding.described(directory, one.official_id, day)) for one in shown]
        return self._house.pages.page(
            request, "directory.html", typed=typed, rows=rows, page=page, more=len(found) > page * ROWS,
            units=[(depth, one) for depth, one in tree.walk(directory) if depth < 2 and not one.closed],
        )  # fmt: skip

    async def unit(self, request: Request) -> Response:
        self._house.signed_in(request)
        directory, day = await self._directory(), today(self._house)
        unit = wanted_unit(request, directory)
        posts = [
            (one, held(directory, one.post_id, day)) for one in tree.posts_in(directory, unit.unit_id) if not one.closed
        ]
        return self._house.pages.page(
            request,
            "directory_unit.html",
            unit=unit,
            above=tree.path(directory, unit.parent_id),
            posts=posts,
            units=[one for one in tree.children(directory, unit.unit_id) if not one.closed],
            officials=directory.officials,
        )

    async def official(self, request: Request) -> Response:
        reader = self._house.signed_in(request)
        directory = await self._directory()
        official = wanted_official(request, directory)
        terms = tenure.terms_of_official(directory, official.official_id)
        return self._house.pages.page(
            request,
            "directory_official.html",
            official=official,
            terms=[(one, directory.posts[one.post_id], _unit(directory, one.post_id)) for one in terms],
            day=today(self._house),
            designation=tenure.designation,
            own=bool(official.account_id) and official.account_id == reader.account_id,
        )

    async def find(self, request: Request) -> Response:
        """JSON for the type-ahead: [{ref, label, about, vacant}], best first."""
        self._house.signed_in(request)
        asked = request.query.get("kinds", "").split(",")
        kinds = cast(tuple[RefKind, ...], tuple(one for one in KINDS if one in asked)) or KINDS
        day = self._day(request)
        directory, typed = await self._directory(), request.query.get("q", "")[:TYPED]
        found = finding.find(directory, typed, day, kinds)
        if "account" in asked:
            found += await self._accounts(typed, directory)
        return Response(body=msgspec.json.encode(found), content_type="application/json")

    async def tell(self, request: Request) -> Response:
        """JSON: what references stand for on a day, those of them that stand for anything."""
        self._house.signed_in(request)
        book = AddressBook({}, await self._directory(), self._day(request))
        refs = request.query.getall("ref", [])[:MOST_REFS]
        told = [one for ref in refs if (one := book.tell(ref))]
        return Response(body=msgspec.json.encode(told), content_type="application/json")

    async def _accounts(self, typed: str, directory: Directory) -> list[Found]:
        """Of those whom the directory does not know otherwise."""
        known = {one.account_id for one in directory.officials.values()}
        words = tree.fold(typed).split()
        accounts = await self._house.services.identity.accounts.all(active_only=True)
        return [
            Found(f"account:{one.account_id}", listed(one), one.function)
            for one in accounts
            if one.account_id not in known and words and all(word in tree.fold(listed(one)) for word in words)
        ][:SOME]

    async def photo(self, request: Request) -> Response:
        """A picture by its digest: it never changes, so browsers keep it; only for those who are known."""
        self._house.signed_in(request)
        digest = request.match_info["digest"]
        directory = await self._directory()
        if not any(one.photo == digest for one in directory.officials.values()):
            raise NotFound("offices.photo")
        content = await self._house.services.identity.offices.photo(digest)
        if content is None:
            raise NotFound("offices.photo")
        return Response(
            body=content, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=31536000, immutable"}
        )

    def _day(self, request: Request) -> str:
        day = request.query.get("day", "")
        return day if tenure.is_day(day) else today(self._house)

    async def _directory(self) -> Directory:
        return await self._house.services.identity.offices.directory()


def _unit(directory: Directory, post_id: str) -> str:
    return directory.units[directory.posts[post_id].unit_id].name
