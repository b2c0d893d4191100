"""The organisation as administrators keep it in the browser, and as everybody with an account looks it up."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from server.identity.offices import tenure
from server.identity.offices.records import Directory
from tests.unit.web.office import Browser, TheOffice

SignIn = Callable[[str], Awaitable[Browser]]


@pytest.fixture
async def admin(office: TheOffice, signed_in: SignIn) -> Browser:
    await office.account("admin", "Administrator", "administrator")
    return await signed_in("admin")


async def directory(office: TheOffice) -> Directory:
    return await office.identity.offices.directory()


async def made(browser: Browser, path: str, fields: dict[str, str]) -> str:
    """What is made by a form: its page."""
    await browser.get(path)
    response = await browser.post(path, fields)
    assert response.status == 303, browser.page
    return response.headers["Location"].partition("?")[0]


async def a_head(admin: Browser) -> str:
    unit = await made(admin, "/admin/offices/units/new", {"name": "Dinas Kesehatan"})
    return await made(admin, f"{unit}/posts/new", {"title": "Kepala Dinas Kesehatan", "leads": "yes"})


async def test_a_unit_a_post_a_holder_and_a_successor(office: TheOffice, admin: Browser) -> None:
    post = await a_head(admin)
    await admin.get(post)
    assert "Belum pernah ada" in admin.page
    first = {"official": "dr. Ani", "fresh": "yes", "since": "2020-01-01", "acting": "", "decree": "821/2020"}
    assert (await admin.post(f"{post}/succeed", first)).status == 303
    await admin.follow()
    assert (await admin.post(f"{post}/succeed", {**first, "official": "Budi", "since": "2021-06-01"})).status == 303
    await admin.follow()
    assert re.search(r"Dipegang oleh\s*<a[^>]*>Budi</a>", admin.page)
    assert "1 Januari 2020 – 31 Mei 2021" in admin.page
    terms = (await directory(office)).terms.values()
    assert sorted((one.since, one.until) for one in terms) == [("2020-01-01", "2021-05-31"), ("2021-06-01", "")]


async def test_a_mistake_says_why_and_keeps_what_was_typed(office: TheOffice, admin: Browser) -> None:
    post = await a_head(admin)
    await admin.get(post)
    response = await admin.post(f"{post}/succeed", {"official": "dr. Ani", "since": "soon", "decree": "821/2020"})
    assert response.status == 400
    assert "Belum ada dr. Ani dalam direktori" in admin.page
    assert 'value="821/2020"' in admin.page
    await admin.get("/admin/offices/units/new")
    await admin.post("/admin/offices/units/new", {"name": "DINAS  kesehatan", "order": "x"})
    assert "Urutan adalah angka" in admin.page
    await admin.post("/admin/offices/units/new", {"name": "DINAS  kesehatan"})
    assert "sudah ada unit bernama Dinas Kesehatan" in admin.page
    assert len((await directory(office)).units) == 1


async def test_a_term_is_ended_corrected_and_removed(office: TheOffice, admin: Browser) -> None:
    post = await a_head(admin)
    await admin.get(post)
    await admin.post(f"{post}/succeed", {"official": "dr. Ani", "fresh": "yes", "since": "2020-01-01"})
    (term_id,) = (await directory(office)).terms
    await admin.get(post)
    await admin.post(f"{post}/terms/{term_id}/end", {"until": "2019-01-01"})
    assert "tidak sebelum hari pertama" in admin.page
    assert (await admin.post(f"{post}/terms/{term_id}/end", {"until": "2020-12-31"})).status == 303
    await admin.follow()
    corrected = {"since": "2019-12-01", "until": "", "acting": "plt", "decree": "a"}
    assert (await admin.post(f"{post}/terms/{term_id}", corrected)).status == 303
    await admin.follow()
    term = (await directory(office)).terms[term_id]
    assert (term.since, term.until, term.acting, term.decree) == ("2019-12-01", "", "plt", "a")
    assert (await admin.post(f"{post}/terms/{term_id}/remove")).status == 303
    assert (await directory(office)).terms == {}
    await admin.follow()
    assert (await admin.post(f"{post}/terms/{term_id}/remove")).status == 404


async def test_a_person_is_joined_with_an_account_and_looked_up(
    office: TheOffice, admin: Browser, signed_in: SignIn
) -> None:
    ani = await office.account("ani", "dr. Ani")
    fields = {"name": "dr. Ani", "nip": "19850101 201001 1 001", "email": "ani@contoh.go.id", "login": "ani"}
    page = await made(admin, "/admin/officials/new", fields)
    (official,) = (await directory(office)).officials.values()
    assert (official.account_id, official.nip) == (ani.account_id, "198501012010011001")
    post = await a_head(admin)
    await admin.get(post)
    await admin.post(f"{post}/succeed", {"official": "dr. Ani", "since": "2020-01-01"})
    assert tenure.official_of_account(await directory(office), ani.account_id) == official
    await admin.get("/admin/officials/new")
    await admin.post("/admin/officials/new", {"name": "Lain", "login": "ani"})
    assert "sudah milik dr. Ani" in admin.page
    one = await signed_in("ani")
    await one.get("/directory?q=kesehatan")
    assert "dr. Ani" in one.page
    await one.get(page.replace("/admin/officials", "/directory/people"))
    assert "Kepala Dinas Kesehatan" in one.page
    assert "ani@contoh.go.id" in one.page
    assert "1985" not in one.page, "no NIP in the directory"
    response = await one.get("/directory/find?q=kepala&kinds=post")
    (offer,) = await response.json()
    assert (offer["label"], offer["about"], offer["vacant"]) == ("Kepala Dinas Kesehatan", "dr. Ani", False)
    response = await one.get("/directory/find?q=kepala&kinds=post&day=2019-12-31")
    assert (await response.json())[0]["vacant"] is True


@pytest.mark.parametrize(
    "path",
    ["/admin/offices", "/admin/offices/units/new", "/admin/officials", "/admin/officials/new"],
)
async def test_only_administrators_keep_it(office: TheOffice, signed_in: SignIn, path: str) -> None:
    await office.account("sri", "Sri", "secretary")
    one = await signed_in("sri")
    assert (await one.get(path)).status == 403
    await one.get("/")
    assert (await one.post(path, {"name": "x"})).status in (403, 405)
    assert (await directory(office)).version == 0


async def test_nobody_without_an_account_looks_anybody_up(browser: Callable[[], Browser]) -> None:
    one = browser()
    for path in ("/directory", "/directory/find?q=a", f"/directory/photos/{'0' * 64}"):
        assert (await one.get(path)).status == 303
        assert one.response.headers["Location"].startswith("/login")


async def test_every_change_is_in_the_log(office: TheOffice, admin: Browser) -> None:
    await a_head(admin)
    await admin.get("/admin/audit")
    assert admin.page.count("Direktori diubah") >= 2


async def test_a_group_is_kept_by_who_makes_meetings(office: TheOffice, admin: Browser, signed_in: SignIn) -> None:
    post = await a_head(admin)
    ref = f"post:{post.rsplit('/', 1)[1]}"
    await office.account("sri", "Sri", "secretary")
    one = await signed_in("sri")
    await one.get("/admin/groups/new")
    wrong = {"name": "Forkopimda", "member-0-name": "Siapa saja", "member-0-ref": ref}
    assert (await one.post("/admin/groups/new", wrong)).status == 400
    assert "Siapa saja bukan jabatan" in one.page
    right = {"name": "Forkopimda", "member-0-name": "Kepala Dinas Kesehatan", "member-0-ref": ref, "member-1-name": ""}
    assert (await one.post("/admin/groups/new", right)).status == 303
    (group,) = (await directory(office)).groups.values()
    assert group.members == (ref,)
    await one.follow()
    assert "Forkopimda" in one.page
    await one.get(f"/admin/groups/{group.group_id}")
    assert f'value="{ref}"' in one.page
    assert (await one.post(f"/admin/groups/{group.group_id}/remove")).status == 303
    assert (await directory(office)).groups == {}
    await office.account("ani", "Ani")
    other = await signed_in("ani")
    assert (await other.get("/admin/groups")).status == 403
