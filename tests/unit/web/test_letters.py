"""Letters through the pages: registers and templates, the letter seen while one types, the book looked through."""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable
from dataclasses import replace
from io import BytesIO, StringIO

import openpyxl
import pypdf

from server.documents.letter_templates import LetterTemplates
from server.meeting import commands
from server.meeting.numbering import Register
from tests.unit.web.office import DAY_MS, PLANNER, Browser, TheOffice, invited

SignsIn = Callable[[str], Awaitable[Browser]]
UMUM = Register("umum", "Umum", "{kode}/{no:03}/{unit}/{bulan}/{tahun}", "000.1.5", "SETDA")


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)


async def meeting(office: TheOffice) -> str:
    chair = await office.account("ketua", "Rahayu Ketua", function="Kepala Bagian Umum")
    secretary = await office.account("notulis", "Sari Notulis", "secretary")
    return await office.meeting(invited(chair, "chair"), invited(secretary, "secretary"), in_ms=DAY_MS)


async def test_an_administrator_sets_up_a_register_and_sees_its_next_number(
    office: TheOffice, signed_in: SignsIn
) -> None:
    await office.account("admin", "Admin", "administrator")
    admin = await signed_in("admin")
    await admin.get("/admin/letters")
    fields = {"name": "Umum", "pattern": "{kode}/{no:04}/{bulan}/{tahun}", "code": "005", "first": "17"}
    await admin.post("/admin/letters/sample", fields)
    assert admin.page == "005/0017/I/2026"
    await admin.get("/admin/letters")
    assert (await admin.post("/admin/letters/registers", fields | {"pattern": "{no}/{nama}"})).status == 400
    assert "Pola harus memuat" in admin.page
    assert (await admin.post("/admin/letters/registers", fields)).status == 303
    await admin.follow()
    assert "005/0017/I/2026" in admin.page
    register = (await office.store.registers.all())[0]
    await admin.get(f"/admin/letters?register={register.register_id}")
    changed = fields | {"register_id": register.register_id, "name": "Bagian Umum", "closed": "yes"}
    assert (await admin.post("/admin/letters/registers", changed)).status == 303
    assert [(one.name, one.closed) for one in await office.store.registers.all()] == [("Bagian Umum", True)]


async def test_a_template_is_kept_offered_used_and_removed(office: TheOffice, signed_in: SignsIn) -> None:
    await office.account("admin", "Admin", "administrator")
    admin = await signed_in("admin")
    await admin.get("/admin/letters")
    fields = {"template_name": "Rapat dinas", "nature": "urgent", "opening": "Kami mengundang pada {hari}."}
    assert (await admin.post("/admin/letters/templates", {**fields, "template_name": " "})).status == 400
    assert (await admin.post("/admin/letters/templates", fields)).status == 303
    template = (await LetterTemplates(office.store.settings).all())[0]
    meeting_id = await meeting(office)
    secretary = await signed_in("notulis")
    await secretary.get(f"/m/{meeting_id}/invitations")
    assert "Rapat dinas" in secretary.page
    typed = {"template": template.template_id, "use": "yes", "about": "Undangan khusus"}
    assert (await secretary.post(f"/m/{meeting_id}/invitations", typed)).status == 200
    assert "Kami mengundang pada {hari}." in secretary.page
    assert "Undangan khusus" in secretary.page
    assert '<option value="urgent" selected>' in secretary.page
    await admin.get("/admin/letters")
    gone = {"template_id": template.template_id, "remove": "yes"}
    assert (await admin.post("/admin/letters/templates", gone)).status == 303
    assert await LetterTemplates(office.store.settings).all() == ()


async def test_the_letter_is_seen_while_it_is_typed_and_nothing_is_kept(office: TheOffice, signed_in: SignsIn) -> None:
    await office.store.registers.save(UMUM)
    meeting_id = await meeting(office)
    before = (await office.rooms.state(meeting_id)).number
    secretary = await signed_in("notulis")
    await secretary.get(f"/m/{meeting_id}/invitations")
    assert "Berikutnya dari register Umum" in secretary.page
    fields = {
        "nature": "very_urgent", "signer_id": "p1", "capacity": "an", "on_behalf": "Bupati Contoh",
        "about": "Undangan rapat istimewa", "opening": "Kami mengundang ke {rapat}.", "register_id": "umum",
        "dated": "2026-01-01", "copies": "Wakil Bupati", "basis": "",
    }  # fmt: skip
    csrf = secretary.csrf()
    answer = await secretary.post(f"/m/{meeting_id}/invitations/letter.pdf", fields, csrf=csrf)
    text = " ".join(pdf_text(await answer.read()).split())
    for said in (
        "Sangat segera", "Undangan rapat istimewa", "000.1.5/001/SETDA/I/2026",
        "a.n. Bupati Contoh Kepala Bagian Umum,",
        "Kami mengundang ke Rapat Koordinasi.", "Wakil Bupati",
    ):  # fmt: skip
        assert said in text, said
    wrong = fields | {"dated": "besok"}
    picture = await secretary.post(f"/m/{meeting_id}/invitations/letter.png", wrong, csrf=csrf)
    assert (await picture.read()).startswith(b"\x89PNG")
    assert (await office.rooms.state(meeting_id)).number == before
    assert await office.store.registers.next_counter(UMUM, 2026) == 1


async def test_a_plan_that_is_half_typed_is_drawn_all_the_same(office: TheOffice, signed_in: SignsIn) -> None:
    await office.account("notulis", "Sari Notulis", "secretary")
    await office.account("lain", "Orang Lain")
    secretary = await signed_in("notulis")
    await secretary.get("/meetings/new")
    assert 'data-preview="/meetings/new/letter.png"' in secretary.page
    fields = {"title": "Rapat <Anggaran>", "date": "2026-02-", "person-0-name": "Camat Koba", "person-0-role": "chair"}
    csrf = secretary.csrf()
    answer = await secretary.post("/meetings/new/letter.pdf", fields, csrf=csrf)
    assert "Rapat <Anggaran>" in " ".join(pdf_text(await answer.read()).split())
    for poor in ({}, {"item-1-title": " ", "person-1-email": "x"}, {"date": "9999-99-99", "zone": "X" * 300}):
        answer = await secretary.post("/meetings/new/letter.png", poor, csrf=csrf)
        assert (await answer.read()).startswith(b"\x89PNG")
    other = await signed_in("lain")
    await other.get("/account")
    for path in ("/meetings/new/letter.png", "/letters"):
        assert (await other.post(path, fields)).status == 403
    assert (await other.get("/letters")).status == 403
    assert (await other.get("/letters.csv")).status == 403
    assert (await other.get("/admin/letters")).status == 403


async def test_the_book_shows_finds_and_exports(office: TheOffice, signed_in: SignsIn) -> None:
    await office.store.registers.save(UMUM)
    meeting_id = await meeting(office)
    wish = commands.SendInvitations("ordinary", signer_id="p1", register_id="umum")
    await office.rooms.submit(meeting_id, PLANNER, wish)
    state = await office.rooms.state(meeting_id)
    assert (state.plan.letter_number, state.plan.letter_date) == ("000.1.5/001/SETDA/I/2026", "2026-01-01")
    await office.rooms.submit(meeting_id, PLANNER, replace(wish, nature="urgent"))  # keeps its number
    assert (await office.rooms.state(meeting_id)).plan.letter_number == state.plan.letter_number
    secretary = await signed_in("notulis")
    await secretary.get("/letters")
    assert "000.1.5/001/SETDA/I/2026" in secretary.page
    assert "Kepala Bagian Umum dan 1 lainnya" in secretary.page
    fields = {"register_id": "umum", "dated": "2026-01-01", "about": "=HYPERLINK(1) edaran"}
    assert (await secretary.post("/letters", fields | {"about": ""})).status == 400
    assert (await secretary.post("/letters", fields | {"dated": "2016-01-01"})).status == 400
    assert (await secretary.post("/letters", fields)).status == 303
    await secretary.follow()
    assert "000.1.5/002/SETDA/I/2026" in secretary.page
    assert "/001/" not in secretary.page.partition("</thead>")[2]
    await office.rooms.submit(meeting_id, PLANNER, commands.CancelMeeting("ditunda"))
    rows = list(
        csv.reader(StringIO((await (await secretary.get("/letters.csv?year=2026")).read()).decode("utf-8-sig")))
    )
    assert [row[1] for row in rows[1:]] == ["000.1.5/001/SETDA/I/2026", "000.1.5/002/SETDA/I/2026"]
    assert [row[-1] for row in rows[1:]] == ["Batal", "Dipesan"]
    assert rows[2][4] == "'=HYPERLINK(1) edaran"
    answer = await secretary.get("/letters.xlsx?state=cancelled")
    sheet = openpyxl.load_workbook(BytesIO(await answer.read())).active
    assert sheet is not None
    assert [cell.value for cell in sheet["B"]][1:] == ["000.1.5/001/SETDA/I/2026"]


async def test_a_number_that_another_letter_has_is_refused_with_a_sentence(
    office: TheOffice, signed_in: SignsIn
) -> None:
    await office.store.registers.save(UMUM)
    meeting_id = await meeting(office)
    await office.rooms.submit(meeting_id, PLANNER, commands.SendInvitations(register_id="umum"))
    secretary = await signed_in("notulis")
    await secretary.get("/meetings/new")
    fields = {
        "title": "Rapat lain", "date": "2026-02-02", "start": "09:00", "end": "10:00", "zone": "WIB",
        "letter_number": "000.1.5/001/SETDA/I/2026", "person-0-name": "Rahayu Ketua (ketua)", "person-0-role": "chair",
        "person-1-name": "Sari Notulis (notulis)", "person-1-role": "secretary",
    }  # fmt: skip
    assert (await secretary.post("/meetings/new", fields)).status == 400
    assert "sudah dipakai surat lain" in secretary.page
    await secretary.get(f"/m/{meeting_id}/edit")  # of a letter with a number of the register only the plan is changed
    assert 'name="letter_number"' not in secretary.page
    assert (await secretary.post(f"/m/{meeting_id}/edit", {**fields, "letter_number": ""})).status in (303, 400)
    assert (await office.rooms.state(meeting_id)).plan.letter_number == "000.1.5/001/SETDA/I/2026"
