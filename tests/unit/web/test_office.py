"""The office's papers are set up by administrators in the browser, and seen before they are saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from io import BytesIO

import docx
import pytest
from aiohttp import ClientResponse, FormData

from server.documents.marks import read_mark
from server.errors import Invalid
from tests.unit.web.office import Browser, TheOffice

SignIn = Callable[[str], Awaitable[Browser]]
SETUP = {
    "name": "Sekretariat Daerah",
    "government": "Pemerintah Kabupaten Contoh",
    "unit": "",
    "address": "Jalan Merdeka 1",
    "contact": "",
    "city": "Contoh",
    "decision_number": "{no:03}/KEP/{bulan}/{tahun}",
    "paper": "f4",
    "left_signer": "none",
    "language": "en",
}


@pytest.fixture
async def admin(office: TheOffice, signed_in: SignIn) -> Browser:
    await office.account("admin", "Administrator", "administrator")
    return await signed_in("admin")


async def send(one: Browser, path: str, fields: dict[str, str], mark: bytes = b"") -> ClientResponse:
    form = FormData(default_to_multipart=True)
    for name, value in {**fields, "csrf": one.csrf()}.items():
        form.add_field(name, value)
    if mark:
        form.add_field("mark", mark, filename="lambang", content_type="image/svg+xml")
    answer = await one.client.post(path, data=form, allow_redirects=False)
    one.page = await answer.text(errors="replace")
    return answer


async def test_what_an_administrator_saves_is_how_papers_look_from_then_on(office: TheOffice, admin: Browser) -> None:
    await admin.get("/admin/office")
    before = office.clock.now_ms() - 1
    assert (await send(admin, "/admin/office", SETUP)).status == 303
    profile = await office.papers.profile()
    assert (profile.city, profile.paper, profile.left_signer, profile.language) == ("Contoh", "f4", "none", "en")
    assert (await office.papers.profile(before)).paper == "a4", "what was approved before keeps its looks"
    await admin.get("/admin/office")
    assert "{no:03}/KEP/{bulan}/{tahun}" in admin.page


async def test_the_preview_shows_the_form_and_keeps_nothing(office: TheOffice, admin: Browser) -> None:
    await admin.get("/admin/office/preview.png")
    assert admin.page.startswith("\ufffdPNG")
    saved = admin.page
    await admin.get("/admin/office")
    shown = await send(admin, "/admin/office/preview.png", SETUP)
    assert shown.content_type == "image/png"
    assert admin.page != saved
    assert (await office.papers.profile()).paper == "a4"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"decision_number": "KEP/{tahun}"}, "decision_number"),
        ({"decision_number": "{no}{nama}"}, "decision_number"),
        ({"decision_number": "{no.__class__}"}, "decision_number"),
        ({"address": "x" * 201}, "address"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_not_saved(
    office: TheOffice, admin: Browser, wrong: dict[str, str], field: str
) -> None:
    await admin.get("/admin/office")
    assert (await send(admin, "/admin/office", SETUP | wrong)).status == 400
    assert f'id="{field}-error"' in admin.page
    assert (await office.papers.profile()).paper == "a4"


async def test_nobody_else_sees_or_changes_it(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("budi", "Budi Santoso", "secretary")
    one = await signed_in("budi")
    assert (await one.get("/admin/office")).status == 403
    assert (await one.get("/admin/office/preview.png")).status == 403
    await one.get("/")
    assert (await send(one, "/admin/office", SETUP)).status == 403
    assert (await send(one, "/admin/office/preview.png", SETUP)).status == 403


async def test_an_uploaded_mark_is_drawn_and_one_that_cannot_be_drawn_is_refused(
    office: TheOffice, admin: Browser
) -> None:
    for content, status in ((MARK, 303), (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\1\0\0\0\1" + b"x" * 20, 400)):
        await admin.get("/admin/office")
        answer = await send(admin, "/admin/office", SETUP, content)
        assert answer.status == status
    logo = (await office.papers.profile()).logo
    assert logo is not None
    assert logo.kind == "svg"


MARK = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="#0B5C6B"/></svg>'


def test_an_svg_keeps_only_what_draws() -> None:
    nasty = (
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="alert(1)">'
        b'<script>alert(1)</script><style>@import "http://a"</style><image href="http://a/b.png"/>'
        b'<foreignObject><b>x</b></foreignObject><a href="http://a"><rect/></a>'
        b'<use xlink:href="http://a#b"/><rect fill="url(http://a)" width="1"/><rect fill="url(#g)" width="2"/></svg>'
    )
    drawn = read_mark(nasty).content.decode()
    for gone in ("script", "style", "image", "foreign", "<a", "http://a", "onload", "import"):
        assert gone not in drawn.replace("http://www.w3.org/2000/svg", ""), gone
    assert 'fill="url(#g)"' in drawn


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html/>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g/>" * 5_000 + b"</svg>",
        '<?xml version="1.0" encoding="utf-16"?><svg xmlns="http://www.w3.org/2000/svg"/>'.encode("utf-16"),
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\1\0\0\0\1\0\0" + b"x" * 20,
        b" " * 400_000,
    ],
)
def test_what_is_no_small_picture_is_no_mark(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"office\.mark"):
        read_mark(content)


async def test_a_word_template_is_downloaded_edited_uploaded_and_dropped(
    office: TheOffice, admin: Browser, signed_in: SignIn
) -> None:
    async def upload(content: bytes) -> ClientResponse:
        await admin.get("/admin/office")
        form = FormData(default_to_multipart=True)
        form.add_field("csrf", admin.csrf())
        form.add_field("file", content, filename="notula.docx")
        answer = await admin.client.post("/admin/office/templates/notula", data=form, allow_redirects=False)
        admin.page = await answer.text(errors="replace")
        return answer

    await admin.get("/admin/office/templates/notula.docx")
    assert admin.response.status == 404
    answer = await admin.client.get("/admin/office/templates/notula.docx?new")
    begun = await answer.read()
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    paper = docx.Document(BytesIO(begun))
    paper.add_paragraph("{{ rapt }}")
    stream = BytesIO()
    paper.save(stream)
    assert (await upload(stream.getvalue())).status == 400
    assert "Penanda ini tidak dikenal: rapt" in admin.page
    assert (await upload(b"GIF89a")).status == 400
    assert (await upload(begun)).status == 303
    await admin.get("/admin/office")
    assert "templat kantor" in admin.page
    assert await (await admin.client.get("/admin/office/templates/notula.docx")).read() == begun
    dropped = await send(admin, "/admin/office/templates/notula", {"act": "drop"})
    assert dropped.status == 303
    assert (await office.papers.profile()).templates == {}
    await office.account("budi", "Budi")
    budi = await signed_in("budi")
    await budi.get("/admin/office/templates/notula.docx?new")
    assert budi.response.status == 403
    assert (await send(budi, "/admin/office/templates/notula", {"act": "drop"})).status == 403
