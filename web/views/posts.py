"""One post and who held it when: a successor on a day, an acting holder, an end, a correction."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import NotFound
from server.identity.keys import new_id
from server.identity.offices import tenure, tree
from server.identity.offices.records import ACTING, Acting, Change, Directory, Official, Term
from web.forms import Form, read_form
from web.house import House, see_other
from web.views.offices import changed, held, today, wanted_post

NAME, DECREE = 120, 120


class PostPages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        return self._page(request, Form({"since": today(self._house)}), await self._directory())

    async def succeed(self, request: Request) -> Response:
        """Somebody takes it over on a day; a person whom nobody knows yet is made when the form says so."""
        self._house.administrator(request)
        directory, form = await self._directory(), await read_form(request)
        post = wanted_post(request, directory)
        since, until = form["since"].strip(), form["until"].strip()
        if not tenure.is_day(since):
            form.fault("since", "offices.since")
        official, fresh = self._official(form, directory)
        term = Term(
            new_id(),
            post.post_id,
            official.official_id,
            since,
            until,
            _acting(form),
            form.text("decree", DECREE),
        )

        def work(directory: Directory) -> Directory:
            if fresh:
                directory = tree.put_official(directory, official)
            return tenure.succeed(directory, term)

        if await changed(self._house, form, work, f"{post.title}: {official.name}", official.account_id):
            return see_other(f"/admin/offices/posts/{post.post_id}?done=term_saved")
        return self._page(request, form, await self._directory(), HTTPStatus.BAD_REQUEST)

    def _official(self, form: Form, directory: Directory) -> tuple[Official, bool]:
        """Whom the form names: chosen from the list, or by a name that only one person has."""
        name = form.text("official", NAME, required="offices.person_name")
        chosen = directory.officials.get(form["official_ref"].removeprefix("official:"))
        if chosen is not None and tree.fold(chosen.name) == tree.fold(name):
            return chosen, False
        same = [one for one in directory.officials.values() if tree.fold(one.name) == tree.fold(name)]
        if len(same) == 1:
            return same[0], False
        if not name or form["fresh"]:
            return Official(new_id(), name), True
        form.fault("official", "offices.which_person" if same else "offices.no_such_person", person=name)
        return Official("", name), True

    async def end(self, request: Request) -> Response:
        term_id = request.match_info["term_id"]
        form = await read_form(request)
        last_day = form["until"].strip()
        return await self._changed(request, form, lambda directory: tenure.end(directory, term_id, last_day))

    async def correct(self, request: Request) -> Response:
        """Days, kind and decree as they should have been written."""
        self._house.administrator(request)
        form = await read_form(request)
        term = self._term(request, await self._directory())
        wanted = Term(
            term.term_id,
            term.post_id,
            term.official_id,
            form["since"].strip(),
            form["until"].strip(),
            _acting(form),
            form.text("decree", DECREE),
        )
        return await self._changed(request, form, lambda directory: tenure.change_term(directory, wanted))

    async def remove(self, request: Request) -> Response:
        term_id, form = request.match_info["term_id"], await read_form(request)
        return await self._changed(request, form, lambda directory: tenure.remove_term(directory, term_id))

    async def _changed(self, request: Request, form: Form, work: Change) -> Response:
        self._house.administrator(request)
        directory = await self._directory()
        post, term = wanted_post(request, directory), self._term(request, directory)
        official = directory.officials[term.official_id]
        if await changed(self._house, form, work, f"{post.title}: {official.name}", official.account_id):
            return see_other(f"/admin/offices/posts/{post.post_id}?done=term_saved")
        told = Form({"since": today(self._house)}, [*form.faults])  # the fields above belong to another form
        return self._page(request, told, await self._directory(), HTTPStatus.BAD_REQUEST)

    def _term(self, request: Request, directory: Directory) -> Term:
        term = directory.terms.get(request.match_info["term_id"])
        if term is None or term.post_id != request.match_info["post_id"]:
            raise NotFound("offices.term")
        return term

    def _page(self, request: Request, form: Form, directory: Directory, status: int = HTTPStatus.OK) -> Response:
        post, day = wanted_post(request, directory), today(self._house)
        terms = tenure.terms_of_post(directory, post.post_id)
        return self._house.pages.page(
            request,
            "admin_post.html",
            status,
            form=form,
            post=post,
            above=tree.path(directory, post.unit_id),
            now=held(directory, post.post_id, day),
            terms=[(one, directory.officials[one.official_id]) for one in terms],
            day=day,
            acting=ACTING,
            designation=tenure.designation,
        )

    async def _directory(self) -> Directory:
        return await self._house.services.identity.offices.directory()


def _acting(form: Form) -> Acting:
    return next((one for one in ACTING if one == form["acting"]), "")
