"""Documents through the pages: put up by who plans, fetched by who belongs, listed on the letter, gone when removed."""

from __future__ import annotations

import zipfile
from collections.abc import Awaitable, Callable
from hashlib import sha256
from io import BytesIO

import pypdf
from aiohttp import FormData

from tests.unit.web.office import DAY_MS, Browser, TheOffice, invited

SignsIn = Callable[[str], Awaitable[Browser]]
PDF = b"%PDF-1.7\nBahan paparan"


async def meeting(office: TheOffice) -> str:
    people = [
        invited(await office.account(login, name), role)  # type: ignore[arg-type]
        for login, name, role in (
            ("ketua", "Rahayu Ketua", "chair"),
            ("notulis", "Sari Notulis", "secretary"),
            ("camat", "Dewi Camat", "participant"),
        )
    ]
    await office.account("lain", "Orang Lain")
    return await office.meeting(*people, in_ms=DAY_MS, items=("Laporan", "Anggaran"))


async def upload(one: Browser, meeting_id: str, *files: tuple[str, bytes], item: str = "", csrf: str = "") -> int:
    await one.get(f"/m/{meeting_id}")
    form = FormData(quote_fields=False)
    form.add_field("csrf", csrf or one.csrf())
    form.add_field("item_id", item)
    for name, content in files:
        form.add_field("file", content, filename=name, content_type="application/pdf")
    one.response = await one.client.post(f"/m/{meeting_id}/documents", data=form, allow_redirects=False)
    one.page = await one.response.text(errors="replace")
    return one.response.status


async def test_documents_are_put_up_listed_fetched_and_removed(office: TheOffice, signed_in: SignsIn) -> None:
    meeting_id = await meeting(office)
    secretary, camat, other = [await signed_in(login) for login in ("notulis", "camat", "lain")]
    assert await upload(secretary, meeting_id, ("Paparan <b>.pdf", PDF), ("b.txt", b"Catatan"), item="i2") == 303
    await camat.get(f"/m/{meeting_id}")
    assert "2. Anggaran" in camat.page
    assert "Paparan b.pdf" in camat.page
    assert 'type="file"' not in camat.page
    state = await office.rooms.state(meeting_id)
    assert next((one.item_id, one.digest) for one in state.attachments.values()) == ("i2", sha256(PDF).hexdigest())
    document_id = next(iter(state.attachments))
    answer = await camat.get(f"/m/{meeting_id}/documents/{document_id}")
    assert await answer.read() == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await other.get(f"/m/{meeting_id}/documents/{document_id}")).status == 404
    await camat.get(f"/m/{meeting_id}")
    assert (await camat.post(f"/m/{meeting_id}/documents/{document_id}/remove", csrf=camat.csrf() or "x")).status == 403
    pages = pypdf.PdfReader(BytesIO(await office.papers.invitation_pdf(meeting_id, "id"))).pages
    assert "2 (dua) berkas" in pages[0].extract_text()
    assert sha256(PDF).hexdigest()[:8] in pages[-1].extract_text()
    packed = await office.archive(meeting_id)
    assert PDF in [zipfile.ZipFile(BytesIO(packed)).read(name) for name in zipfile.ZipFile(BytesIO(packed)).namelist()]
    await secretary.get(f"/m/{meeting_id}")
    assert (await secretary.post(f"/m/{meeting_id}/documents/{document_id}/remove")).status == 303
    assert (await camat.get(f"/m/{meeting_id}/documents/{document_id}")).status == 404
    assert document_id not in (await office.rooms.state(meeting_id)).attachments


async def test_what_must_not_come_in_does_not(office: TheOffice, signed_in: SignsIn) -> None:
    meeting_id = await meeting(office)
    secretary, camat = await signed_in("notulis"), await signed_in("camat")
    assert await upload(camat, meeting_id, ("a.pdf", PDF)) == 403
    assert await upload(secretary, meeting_id) == 400
    assert await upload(secretary, meeting_id, ("a.pdf", PDF), ("a.html", b"<html>")) == 400
    assert "Jenis berkas ini tidak diterima" in secretary.page
    assert await upload(secretary, meeting_id, ("a.pdf", PDF), csrf="x" * 43) == 403
    assert await upload(secretary, meeting_id, ("a.pdf", PDF), item="i9") == 404
    assert await upload(secretary, meeting_id, ("a.pdf", PDF + b"x" * 20 * 1024 * 1024)) == 400
    assert (await office.rooms.state(meeting_id)).attachments == {}
    assert await upload(secretary, meeting_id, ("a.pdf", PDF)) == 303
    assert await upload(secretary, meeting_id, ("b.pdf", PDF)) == 403
    assert "sudah ada" in secretary.page
