"""Importing people in the browser: looked at first, applied once, only if nothing changed meanwhile; and exporting."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import FormData
from hypothesis import given, settings
from hypothesis import strategies as st

from server.documents.render_table import csv_bytes
from server.identity.offices import importing, tenure, tree
from server.identity.offices.importing import Wanted
from server.identity.offices.records import Directory, Official, Post, Term, Unit
from server.identity.offices.sheets import read_sheet
from tests.unit.web.office import Browser, TheOffice
from web import people_sheet
from web.i18n import Catalogues

SignIn = Callable[[str], Awaitable[Browser]]
NIP = "197503122002122001"
SHEET = f"""Nama;NIP;Jabatan;Perangkat Daerah;Pos-el
dr. Ani;{NIP};Kepala Dinas Kesehatan;Dinas Kesehatan;ani@contoh.go.id
Budi;123;Staf;Dinas Kesehatan;
=cmd|' /C calc'!A0;;Kepala Dinas Sosial;Dinas Sosial;
"""
CATALOGUES = Catalogues()
EXPORTED = re.compile(r'name="token" value="([\w-]{43})"')


@pytest.fixture
async def admin(office: TheOffice, signed_in: SignIn) -> Browser:
    await office.account("admin", "Administrator", "administrator")
    return await signed_in("admin")


async def upload(browser: Browser, content: bytes, name: str = "people.csv", **fields: str) -> int:
    await browser.get("/admin/offices/import")
    form = FormData({"csrf": browser.csrf(), **fields})
    form.add_field("file", content, filename=name, content_type="application/octet-stream")
    browser.response = await browser.client.post("/admin/offices/import", data=form, allow_redirects=False)
    browser.page = await browser.response.text()
    return browser.response.status


def token(browser: Browser) -> str:
    found = EXPORTED.search(browser.page)
    assert found, browser.page
    return found[1]


async def test_what_is_looked_at_is_what_is_applied_once(office: TheOffice, admin: Browser) -> None:
    assert await upload(admin, SHEET.encode()) == 200
    assert "Terapkan 2 perubahan" in admin.page
    assert NIP not in admin.page, "the preview shows the last digits only"
    assert (await office.identity.offices.directory()).version == 0
    wanted = token(admin)
    assert (await admin.post("/admin/offices/import/apply", {"token": wanted})).status == 303
    directory = await office.identity.offices.directory()
    assert sorted(one.name for one in directory.officials.values()) == ["=cmd|' /C calc'!A0", "dr. Ani"]
    assert next(one.nip for one in directory.officials.values() if one.nip) == NIP
    await admin.get("/admin/offices/import")
    assert (await admin.post("/admin/offices/import/apply", {"token": wanted})).status == 400
    assert "sudah kedaluwarsa" in admin.page
    assert await upload(admin, SHEET.encode()) == 200
    assert "Tidak ada yang akan berubah" in admin.page


async def test_if_anything_changed_meanwhile_it_is_looked_at_anew(office: TheOffice, admin: Browser) -> None:
    await upload(admin, SHEET.encode())
    first = token(admin)
    change = office.identity.offices.change
    await change(lambda directory: tree.put_unit(directory, Unit("u", "Dinas Kesehatan")), what="test")
    assert (await admin.post("/admin/offices/import/apply", {"token": first})).status == 409
    assert "diubah orang lain" in admin.page
    assert (await office.identity.offices.directory()).officials == {}
    assert token(admin) != first
    assert (await admin.post("/admin/offices/import/apply", {"token": token(admin)})).status == 303
    assert len((await office.identity.offices.directory()).units) == 2


async def test_another_administrators_page_and_no_file_and_too_large_a_file(office: TheOffice, admin: Browser) -> None:
    assert await upload(admin, b"") == 400
    assert "Lembar ini kosong" in admin.page
    assert await upload(admin, b"x" * (6 * 1024 * 1024)) == 400
    assert "terlalu besar" in admin.page
    assert await upload(admin, b"PK\x03\x04broken", "a.xlsx") == 400
    assert "tidak dapat dibaca" in admin.page
    assert await upload(admin, b"a,b\nc,d\n") == 400
    assert "Baris judul kolom" in admin.page


async def test_only_administrators_import_and_export(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("sri", "Sri", "secretary")
    one = await signed_in("sri")
    for path in ("import", "export.csv", "export.xlsx", "template.csv"):
        assert (await one.get(f"/admin/offices/{path}")).status == 403
    await one.get("/")
    assert (await one.post("/admin/offices/import/apply", {"token": "a" * 43})).status == 403


async def test_an_export_runs_no_formula_and_hides_numbers(office: TheOffice, admin: Browser) -> None:
    await upload(admin, SHEET.encode())
    await admin.post("/admin/offices/import/apply", {"token": token(admin)})
    await admin.get("/admin/offices/export.csv")
    content = await admin.response.read()
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)
    assert f"{'*' * 14}2001" in cells
    await admin.get("/admin/offices/export.xlsx?nip=full")
    rows = read_sheet(await admin.response.read())
    assert any(NIP in row for row in rows)
    await admin.get("/admin/audit")
    assert admin.page.count("Direktori diekspor") >= 2
    office.clock.advance(31 * 60_000)
    assert (await admin.get("/admin/offices/export.xlsx?nip=full")).status == 403


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_template_can_be_imported_as_it_is(admin: Browser, form: str) -> None:
    for language in ("id", "en"):
        await admin.get(f"/admin/offices/template.{form}?language={language}")
        assert await upload(admin, await admin.response.read(), f"t.{form}") == 200
        token(admin)


# ------------------------------------------------------------ there and back

texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=20).map(
    lambda text: " ".join(text.split()) or "x"
)
days = st.sampled_from(["", "2020-01-01", "2026-11-24", "2027-05-05"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(texts, st.sampled_from(["", NIP]), days, st.sampled_from(["", "plt", "plh"])), max_size=6),
    st.sampled_from(["id", "en"]),
    st.booleans(),
)
def test_what_is_exported_and_imported_again_changes_nothing(
    people: list[tuple[str, str, str, str]], language: str, full: bool
) -> None:
    directory = tree.put_unit(Directory(), Unit("u0", "Pemda"))
    for number, (name, nip, since, acting) in enumerate(people):
        number_of = nip if not any(one.nip for one in directory.officials.values()) else ""
        directory = tree.put_unit(directory, Unit(f"u{number + 1}", f"Bagian {number}", f"u{number}"))
        directory = tree.put_post(directory, Post(f"p{number}", f"u{number + 1}", f"Kepala {number % 2}"))
        directory = tree.put_official(directory, Official(f"o{number}", name, nip=number_of))
        kind = "plt" if acting == "plt" else "plh" if acting else ""
        if number % 3 < 2:
            directory = tenure.appoint(directory, Term(f"t{number}", f"p{number}", f"o{number}", since, acting=kind))
    made = people_sheet.table(directory, "2026-11-24", CATALOGUES.words(language), full_nip=full)
    for rows in (read_sheet(csv_bytes(made)), [made.headers, *made.rows]):
        plan = importing.plan(directory, rows, Wanted("2026-11-24", complete=True), lambda: "new")
        assert [one for one in plan.entries if one.kind != "unchanged"] == []
        assert plan.after == directory
