"""Kept groups of addressees ("Forkopimda"): posts and people in their order, looked after by who makes meetings."""

from __future__ import annotations

import re
from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import NotFound
from server.identity.keys import new_id
from server.identity.offices import finding, tree
from server.identity.offices.records import Directory, Group
from web.addressees import AddressBook
from web.forms import Form, read_form
from web.house import House, see_other
from web.views.offices import changed, today

NAME = 120
EMPTY_ROWS = 3
MEMBER = re.compile(r"member-(\d{1,4})-name")


class GroupPages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def list(self, request: Request) -> Response:
        self._house.planner(request)
        directory, day = await self._directory(), today(self._house)
        groups = sorted(directory.groups.values(), key=lambda one: tree.fold(one.name))
        rows = [(one, finding.members(directory, one, day)) for one in groups]
        return self._house.pages.page(request, "admin_groups.html", rows=rows)

    async def new(self, request: Request) -> Response:
        self._house.planner(request)
        return self._page(request, Form(), None)

    async def create(self, request: Request) -> Response:
        self._house.planner(request)
        return await self._save(request, None)

    async def show(self, request: Request) -> Response:
        self._house.planner(request)
        directory = await self._directory()
        group = _wanted(request, directory)
        typed = {"name": group.name}
        for number, one in enumerate(finding.members(directory, group, today(self._house))):
            typed |= {f"member-{number}-name": one.label, f"member-{number}-ref": one.ref}
        return self._page(request, Form(typed), group)

    async def save(self, request: Request) -> Response:
        self._house.planner(request)
        return await self._save(request, _wanted(request, await self._directory()))

    async def remove(self, request: Request) -> Response:
        self._house.planner(request)
        group = _wanted(request, await self._directory())
        offices = self._house.services.identity.offices
        await offices.change(lambda directory: tree.remove_group(directory, group.group_id), what=group.name)
        return see_other("/admin/groups?done=office_removed")

    async def _save(self, request: Request, group: Group | None) -> Response:
        form = await read_form(request)
        book = AddressBook({}, await self._directory(), today(self._house))
        members: list[str] = []
        for number in _numbers(form):
            name = f"member-{number}-name"
            typed = form.text(name, NAME)
            ref = book.reference(typed, form[f"member-{number}-ref"]) if typed else ""
            if typed and ref.partition(":")[0] not in ("post", "official"):
                form.fault(name, "offices.no_such_member", typed=typed)
            elif typed:
                members.append(ref)
        wanted = Group(
            group.group_id if group else new_id(), form.text("name", NAME, required="offices.name"), tuple(members)
        )
        if await changed(self._house, form, lambda directory: tree.put_group(directory, wanted), wanted.name):
            return see_other("/admin/groups?done=office_saved")
        return self._page(request, form, group, HTTPStatus.BAD_REQUEST)

    def _page(self, request: Request, form: Form, group: Group | None, status: int = HTTPStatus.OK) -> Response:
        rows = _numbers(form)
        fresh = 1 + max(rows, default=-1)
        empty = range(fresh, fresh + (EMPTY_ROWS if not rows else 1))
        return self._house.pages.page(request, "admin_group.html", status, form=form, group=group, rows=[*rows, *empty])

    async def _directory(self) -> Directory:
        return await self._house.services.identity.offices.directory()


def _numbers(form: Form) -> list[int]:
    """Of the rows, in the order in which they were sent: that is the order on the page."""
    return [int(found[1]) for name in form.typed if (found := MEMBER.fullmatch(name))]


def _wanted(request: Request, directory: Directory) -> Group:
    group = directory.groups.get(request.match_info["group_id"])
    if group is None:
        raise NotFound("offices.group")
    return group
