"""The tree of units, made and changed by administrators: units, and the posts in them. Terms are posts.py's."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import BalaiError, NotFound
from server.identity.keys import new_id
from server.identity.offices import tenure, tree
from server.identity.offices.records import Change, Directory, Post, Term, Unit
from web import i18n
from web.forms import Form, read_form
from web.house import House, see_other

NAME, EMAIL = 200, 254
MOST_ORDER = 9999


class OfficeTree:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        """Every unit with its posts and who holds them today; with a word, only what fits it."""
        self._house.administrator(request)
        directory, day = await self._house.services.identity.offices.directory(), today(self._house)
        find = tree.fold(request.query.get("find", "")[:100])
        units = [(depth, unit) for depth, unit in tree.walk(directory) if not find or find in tree.fold(unit.name)]
        return self._house.pages.page(
            request, "admin_offices.html", units=units, counts=_counts(directory, day), find=find, directory=directory
        )

    # ------------------------------------------------------------ units

    async def new_unit(self, request: Request) -> Response:
        self._house.administrator(request)
        form = Form({"parent": request.query.get("in", "")[:64]})
        return self._unit_page(request, form, await self._directory(), None)

    async def create_unit(self, request: Request) -> Response:
        self._house.administrator(request)
        form = await read_form(request)
        unit = _unit(form, new_id())
        if await changed(self._house, form, lambda directory: tree.put_unit(directory, unit), unit.name):
            return see_other(f"/admin/offices/units/{unit.unit_id}?done=office_saved")
        return self._unit_page(request, form, await self._directory(), None, HTTPStatus.BAD_REQUEST)

    async def unit(self, request: Request) -> Response:
        self._house.administrator(request)
        directory = await self._directory()
        unit = wanted_unit(request, directory)
        typed = {"name": unit.name, "parent": unit.parent_id, "order": str(unit.order or "")}
        typed |= {"closed": "yes"} if unit.closed else {}
        return self._unit_page(request, Form(typed), directory, unit)

    async def save_unit(self, request: Request) -> Response:
        self._house.administrator(request)
        unit, form = wanted_unit(request, await self._directory()), await read_form(request)
        wanted = _unit(form, unit.unit_id)
        if await changed(self._house, form, lambda directory: tree.put_unit(directory, wanted), wanted.name):
            return see_other(f"/admin/offices/units/{unit.unit_id}?done=office_saved")
        return self._unit_page(request, form, await self._directory(), unit, HTTPStatus.BAD_REQUEST)

    async def remove_unit(self, request: Request) -> Response:
        self._house.administrator(request)
        unit = wanted_unit(request, await self._directory())
        offices = self._house.services.identity.offices
        await offices.change(lambda directory: tree.remove_unit(directory, unit.unit_id), what=unit.name)
        return see_other("/admin/offices?done=office_removed")

    def _unit_page(
        self, request: Request, form: Form, directory: Directory, unit: Unit | None, status: int = HTTPStatus.OK
    ) -> Response:
        below = {one.unit_id for _, one in tree.walk(directory, unit.unit_id)} | {unit.unit_id} if unit else set[str]()
        parents = [("", "")] + [
            (one.unit_id, "\u2003" * depth + one.name)
            for depth, one in tree.walk(directory)
            if one.unit_id not in below and not one.closed
        ]
        day = today(self._house)
        posts = [
            (one, held(directory, one.post_id, day)) for one in tree.posts_in(directory, unit.unit_id if unit else "-")
        ]
        return self._house.pages.page(
            request,
            "admin_unit.html",
            status,
            form=form,
            unit=unit,
            parents=parents,
            above=tree.path(directory, unit.parent_id if unit else form["parent"]),
            posts=posts,
            units=tree.children(directory, unit.unit_id) if unit else [],
            designation=tenure.designation,
        )

    # ------------------------------------------------------------ posts

    async def new_post(self, request: Request) -> Response:
        self._house.administrator(request)
        directory = await self._directory()
        form = Form({"unit": wanted_unit(request, directory).unit_id})
        return self._post_page(request, form, directory, None)

    async def create_post(self, request: Request) -> Response:
        self._house.administrator(request)
        directory, form = await self._directory(), await read_form(request)
        post = _post(form, new_id(), wanted_unit(request, directory).unit_id)
        if await changed(self._house, form, lambda directory: tree.put_post(directory, post), post.title):
            return see_other(f"/admin/offices/posts/{post.post_id}?done=office_saved")
        return self._post_page(request, form, directory, None, HTTPStatus.BAD_REQUEST)

    async def edit_post(self, request: Request) -> Response:
        self._house.administrator(request)
        directory = await self._directory()
        post = wanted_post(request, directory)
        typed = {"title": post.title, "unit": post.unit_id, "email": post.email, "order": str(post.order or "")}
        typed |= {name: "yes" for name in ("leads", "several", "closed") if getattr(post, name)}
        return self._post_page(request, Form(typed), directory, post)

    async def save_post(self, request: Request) -> Response:
        self._house.administrator(request)
        directory, form = await self._directory(), await read_form(request)
        post = wanted_post(request, directory)
        wanted = _post(form, post.post_id, form["unit"])
        if await changed(self._house, form, lambda directory: tree.put_post(directory, wanted), wanted.title):
            return see_other(f"/admin/offices/posts/{post.post_id}?done=office_saved")
        return self._post_page(request, form, directory, post, HTTPStatus.BAD_REQUEST)

    async def remove_post(self, request: Request) -> Response:
        self._house.administrator(request)
        post = wanted_post(request, await self._directory())
        offices = self._house.services.identity.offices
        await offices.change(lambda directory: tree.remove_post(directory, post.post_id), what=post.title)
        return see_other(f"/admin/offices/units/{post.unit_id}?done=office_removed")

    def _post_page(
        self, request: Request, form: Form, directory: Directory, post: Post | None, status: int = HTTPStatus.OK
    ) -> Response:
        units = [(one.unit_id, "\u2003" * depth + one.name) for depth, one in tree.walk(directory) if not one.closed]
        unit_id = post.unit_id if post else form["unit"] or request.match_info.get("unit_id", "")
        return self._house.pages.page(
            request,
            "admin_post_edit.html",
            status,
            form=form,
            post=post,
            units=units,
            above=tree.path(directory, unit_id),
            used=bool(post and tenure.terms_of_post(directory, post.post_id)),
        )

    async def _directory(self) -> Directory:
        return await self._house.services.identity.offices.directory()


# ------------------------------------------------------------ for the neighbours of this file too


def today(house: House) -> str:
    """In the office's zone, as an ISO date."""
    return i18n.local(house.services.clock.now_ms(), house.services.office.zone).date().isoformat()


async def changed(house: House, form: Form, work: Change, what: str, concerns: str = "") -> bool:
    """False: the form says why not, and comes back with all that was typed."""
    if form.faults:
        return False
    try:
        await house.services.identity.offices.change(work, what=what, concerns=concerns)
    except BalaiError as error:
        form.refuse(error)
        return False
    return True


def held(directory: Directory, post_id: str, day: str) -> list[tuple[Term, str]]:
    """Who holds it on that day: the term and the person's name."""
    return [(one, directory.officials[one.official_id].name) for one in tenure.holders(directory, post_id, day)]


def wanted_unit(request: Request, directory: Directory) -> Unit:
    unit = directory.units.get(request.match_info["unit_id"])
    if unit is None:
        raise NotFound("offices.unit")
    return unit


def wanted_post(request: Request, directory: Directory) -> Post:
    post = directory.posts.get(request.match_info["post_id"])
    if post is None:
        raise NotFound("offices.post")
    return post


def _counts(directory: Directory, day: str) -> dict[str, tuple[int, int]]:
    """Per unit: its open posts, and how many of them are vacant."""
    standing = {one.post_id for one in directory.terms.values() if one.covers(day)}
    counts: dict[str, tuple[int, int]] = {}
    for post in directory.posts.values():
        if not post.closed:
            posts, vacant = counts.get(post.unit_id, (0, 0))
            counts[post.unit_id] = (posts + 1, vacant + (post.post_id not in standing and not post.several))
    return counts


def _unit(form: Form, unit_id: str) -> Unit:
    name = form.text("name", NAME, required="offices.name")
    return Unit(unit_id, name, form["parent"], _order(form), bool(form["closed"]))


def _post(form: Form, post_id: str, unit_id: str) -> Post:
    return Post(
        post_id,
        unit_id,
        form.text("title", NAME, required="offices.title"),
        form.text("email", EMAIL),
        leads=bool(form["leads"]),
        several=bool(form["several"]),
        order=_order(form),
        closed=bool(form["closed"]),
    )


def _order(form: Form) -> int:
    typed = form["order"].strip()
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdigit() and int(typed) <= MOST_ORDER):
        form.fault("order", "offices.order", most=MOST_ORDER)
        return 0
    return int(typed)
