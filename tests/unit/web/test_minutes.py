"""The minutes on their page: from konsep to ralat through the forms, each by whom it waits for, and by nobody else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from io import BytesIO

import pypdf
import pytest
from aiohttp import FormData
from PIL import Image

from server.documents.esign import EsignService
from server.documents.pades import Trust
from server.identity.accounts import Particulars
from server.meeting import commands
from server.meeting.commands import SERVER
from server.meeting.facts import Role
from server.meeting.minutes import STAGES
from tests.factories import noted
from tests.fakes import FakeClock
from tests.unit.documents.esign_server import BUDI, PASSPHRASES, PASSWORD, SITI, USERNAME, EsignServer
from tests.unit.web.office import DAY_MS, HOUR_MS, Browser, TheOffice, invited
from web.views.minutes import steps
from web.views.verify import MOST, WINDOW_MS

SignIn = Callable[[str], Awaitable[Browser]]
CHAIR, SECRETARY, RINA, TONO = "p1", "p2", "p3", "p4"
ROLES: tuple[tuple[str, Role], ...] = (("ani", "chair"), ("bayu", "secretary"))
CHECKED = re.compile(r'name="(version|digest)" value="(\w+)"')


async def closed(office: TheOffice, clock: FakeClock) -> str:
    """A meeting that is over; all but Tono attended."""
    people = [
        invited(await office.account("budi", "Budi Santoso", function="Sekretaris Daerah"), "chair"),
        invited(await office.account("siti", "Siti Aminah", "secretary"), "secretary"),
        invited(await office.account("rina", "Rina Marlina")),
        invited(await office.account("tono", "Tono Tidakhadir")),
    ]
    meeting_id = await office.meeting(*people)
    for number, person_id in enumerate((CHAIR, SECRETARY, RINA), 1):
        await office.act(meeting_id, person_id, commands.Join(f"s{number}"))
        await office.act(meeting_id, person_id, commands.ConfirmPresence(f"s{number}", "act"))
    await office.act(meeting_id, CHAIR, commands.OpenMeeting())
    state = await office.rooms.state(meeting_id)
    item_id = state.items[0].item_id
    await office.rooms.submit(meeting_id, SERVER, noted(item_id, "Harga beras dibahas."))
    clock.advance(HOUR_MS)
    await office.act(meeting_id, CHAIR, commands.CloseMeeting())
    return meeting_id


async def send(one: Browser, meeting_id: str, act: str, done: str, **fields: str) -> None:
    path = f"/m/{meeting_id}/minutes"
    await one.get(path)
    await one.post(path, {"act": act, **dict(CHECKED.findall(one.page)), **fields})
    assert one.response.status == 303, one.page
    assert one.response.headers["Location"].endswith(f"?done={done}")


async def test_from_konsep_to_approval_on_pages(office: TheOffice, clock: FakeClock, signed_in: SignIn) -> None:
    meeting_id = await closed(office, clock)
    path = f"/m/{meeting_id}/minutes"
    budi, siti, rina, tono = [await signed_in(login) for login in ("budi", "siti", "rina", "tono")]
    await siti.get(f"/m/{meeting_id}")
    assert "Konsep perlu diserahkan" in siti.page
    await send(siti, meeting_id, "submit", "minutes_submitted", reviewer=CHAIR)
    await budi.get("/")
    assert "Menunggu Anda" in budi.page
    assert path in budi.page
    await send(budi, meeting_id, "review", "minutes_reviewed", verdict="yes")
    await send(siti, meeting_id, "open_comments", "comments_opened", until="2026-01-08")
    for one, may in ((rina, True), (tono, False)):
        await one.get(path)
        assert ("Kirim tanggapan" in one.page) == may
        await one.get("/")
        assert (path in one.page) == may
    item_id = (await office.rooms.state(meeting_id)).items[0].item_id
    await send(rina, meeting_id, "comment", "commented", item_id=item_id, comment_id="c1", text="Harga <b>12.000</b>")
    await rina.get(path)
    assert "Harga &lt;b&gt;12.000&lt;/b&gt;" in rina.page
    await rina.get("/")
    assert path not in rina.page
    await send(siti, meeting_id, "answer", "answered", comment_id="c1", verdict="no", reason="Sudah benar")
    clock.advance(8 * DAY_MS)
    await office.rooms.submit(meeting_id, SERVER, commands.CloseComments())
    budi, siti = [await signed_in(login) for login in ("budi", "siti")]  # a week is longer than a session
    await budi.get(path)
    assert "Sahkan notula" in budi.page
    await siti.get(path)
    assert "Sahkan notula" not in siti.page
    await send(budi, meeting_id, "approve", "minutes_approved")
    await budi.get(path + ".json")
    minutes = (await office.rooms.state(meeting_id)).minutes
    assert hashlib.sha256(await budi.response.read()).hexdigest() == minutes.digest
    await siti.get(f"/m/{meeting_id}/record")
    assert siti.response.status == 403
    assert "tidak dapat diubah lagi" in siti.page


async def test_what_is_refused_comes_back_with_what_was_typed(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    meeting_id = await closed(office, clock)
    path = f"/m/{meeting_id}/minutes"
    siti = await signed_in("siti")
    await siti.get(path)
    await siti.post(path, {"act": "submit"})
    assert siti.response.status == 400
    assert "Pilih sedikitnya satu pemeriksa" in siti.page
    await siti.post(path, {"act": "nothing"})
    assert siti.response.status == 403
    await send(siti, meeting_id, "submit", "minutes_submitted", reviewer=CHAIR)
    budi = await signed_in("budi")
    await budi.get(path)
    await budi.post(path, {"act": "review", "verdict": "no", "version": "1", "remark": " "})
    assert "Tuliskan apa yang perlu diperbaiki" in budi.page
    await budi.post(path, {"act": "review", "verdict": "no", "version": "1", "remark": "Butir 1 kurang"})
    await siti.get(f"/m/{meeting_id}")
    assert "Dikembalikan: Butir 1 kurang" in siti.page
    await send(siti, meeting_id, "submit", "minutes_submitted", reviewer=CHAIR)
    await send(budi, meeting_id, "review", "minutes_reviewed", verdict="yes")
    await siti.get(path)
    await siti.post(path, {"act": "open_comments", "until": "besok"})
    assert "Batas waktu tanggapan" in siti.page
    assert 'value="besok"' in siti.page


async def approved(office: TheOffice, clock: FakeClock) -> str:
    """Straight to the approval, by wishes."""
    meeting_id = await closed(office, clock)
    await office.act(meeting_id, SECRETARY, commands.SubmitMinutes((CHAIR,)))
    await office.act(meeting_id, CHAIR, commands.ReviewMinutes(True, 1))
    await office.act(meeting_id, SECRETARY, commands.OpenComments(clock.now_ms() + 1_000))
    clock.advance(1_000)
    await office.rooms.submit(meeting_id, SERVER, commands.CloseComments())
    digest = (await office.papers.minutes(meeting_id, "id")).digest
    await office.act(meeting_id, CHAIR, commands.ApproveMinutes(digest, 1))
    return meeting_id


async def upload(one: Browser, meeting_id: str, content: bytes, csrf: str | None = None, *more: bytes) -> None:
    form = FormData()
    form.add_field("csrf", one.csrf() if csrf is None else csrf)
    for file in (content, *more):
        form.add_field("scan", file, filename="pindai.pdf", content_type="application/pdf")
    one.response = await one.client.post(f"/m/{meeting_id}/minutes/scan", data=form, allow_redirects=False)
    one.page = await one.response.text()


async def test_signed_by_chair_and_secretary_then_frozen_and_the_signed_file_is_what_is_fetched(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    meeting_id = await approved(office, clock)
    path = f"/m/{meeting_id}/minutes"
    budi, siti, rina = [await signed_in(login) for login in ("budi", "siti", "rina")]
    await rina.get(path)
    assert f"{path}/sign" not in rina.page
    await rina.post(f"{path}/sign")
    assert rina.response.status == 403
    for one in (budi, siti):
        await one.get(path)
        await one.post(f"{path}/sign")
        assert one.response.status == 303, one.page
    await siti.get(path)
    await siti.post(f"{path}/sign")
    assert "Anda sudah menandatangani" in siti.page
    minutes = (await office.rooms.state(meeting_id)).minutes
    await rina.get(f"/m/{meeting_id}/notula.pdf")
    content = await rina.response.read()
    assert hashlib.sha256(content).hexdigest() == minutes.signed_digest
    assert len(list((office.folder / "signed" / meeting_id).iterdir())) == 2  # what was refused was not kept
    await send(siti, meeting_id, "freeze", "minutes_frozen")
    await send(siti, meeting_id, "ralat", "ralat_recorded", ralat_id="r1", text="Tanggal yang benar 5 Januari")
    await rina.get(f"{path}?language=id")
    assert "Tanggal yang benar 5 Januari" in rina.page
    await rina.get(f"/m/{meeting_id}/notula.pdf?unsigned")
    assert "notula pdf" in rina.page


async def test_a_scan_is_taken_as_a_pdf_from_the_chair_and_from_nobody_else(
    office: TheOffice, clock: FakeClock, signed_in: SignIn, browser: Callable[[], Browser]
) -> None:
    meeting_id = await approved(office, clock)
    scan = pdf_of_one_page()
    budi, rina = await signed_in("budi"), await signed_in("rina")
    for one in (budi, rina):
        await one.get(f"/m/{meeting_id}/minutes")
    await upload(rina, meeting_id, scan)
    assert rina.response.status == 403
    csrf = budi.csrf()
    await upload(budi, meeting_id, b"GIF89a", csrf)
    assert budi.response.status == 400
    assert "tidak dikunci" in budi.page
    await upload(budi, meeting_id, scan, "wrong")
    assert budi.response.status == 403
    stranger = browser()
    await stranger.get("/login")
    await upload(stranger, meeting_id, scan)
    assert stranger.response.status == 303
    assert stranger.response.headers["Location"].startswith("/login")
    await upload(budi, meeting_id, scan, csrf)
    assert budi.response.status == 303
    [signature] = (await office.rooms.state(meeting_id)).minutes.signatures
    assert (signature.manner, signature.digest) == ("scan", hashlib.sha256(scan).hexdigest())
    await upload(budi, meeting_id, scan, csrf)
    assert "Anda sudah menandatangani" in budi.page
    assert await office.papers.signed(meeting_id, signature.digest) == scan


async def test_photographs_of_the_pages_are_taken_and_replaced_by_a_better_scan(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    meeting_id = await approved(office, clock)
    budi = await signed_in("budi")
    await budi.get(f"/m/{meeting_id}/minutes")
    csrf = budi.csrf()
    await upload(budi, meeting_id, photograph("JPEG"), csrf, photograph("PNG"))
    assert budi.response.status == 303, budi.page
    first = (await office.rooms.state(meeting_id)).minutes.signed_digest
    await budi.get(f"/m/{meeting_id}/notula.pdf?show")
    assert budi.response.headers["Content-Disposition"].startswith("inline;")
    assert len(pypdf.PdfReader(BytesIO(await budi.response.read())).pages) == 2
    await budi.get(f"/m/{meeting_id}/minutes")
    assert "Ganti hasil pindai saya" in budi.page
    assert f"{meeting_id}/minutes/sign" not in budi.page
    better = pdf_of_one_page()
    await upload(budi, meeting_id, better, csrf)
    minutes = (await office.rooms.state(meeting_id)).minutes
    assert [one.digest for one in minutes.signatures] == [hashlib.sha256(better).hexdigest()]
    assert await office.papers.signed(meeting_id, first)  # a fact names it: it stays
    await upload(budi, meeting_id, photograph("JPEG"), csrf, photograph("PNG"))  # the first one again
    assert (await office.rooms.state(meeting_id)).minutes.signed_digest == first
    await office.papers.discard(meeting_id, first)  # as when a form is sent twice
    assert await office.papers.signed(meeting_id, first)


async def test_the_verification_page_tells_of_each_signature_and_of_nobody(
    office: TheOffice, clock: FakeClock, signed_in: SignIn, browser: Callable[[], Browser]
) -> None:
    meeting_id = await approved(office, clock)
    for login in ("budi", "siti"):
        one = await signed_in(login)
        await one.get(f"/m/{meeting_id}/minutes")
        await one.post(f"/m/{meeting_id}/minutes/sign")
    minutes = (await office.rooms.state(meeting_id)).minutes
    anybody = browser()
    await anybody.get(f"/verify/{meeting_id}-{minutes.digest[:16]}")
    assert anybody.page.count("PAdES B-B") == 2
    assert "pimpinan rapat" in anybody.page.lower()
    assert "notulis" in anybody.page.lower()
    for private in ("Budi", "Siti", "Sekretaris Daerah"):
        assert private not in anybody.page
    kept = office.folder / "signed" / meeting_id / f"{minutes.signed_digest}.pdf"
    content = bytearray(kept.read_bytes())
    content[len(content) // 4] ^= 1
    kept.write_bytes(content)
    await anybody.get(f"/verify/{meeting_id}-{minutes.digest[:16]}")
    assert "tidak lagi seperti ketika disimpan" in anybody.page
    assert "PAdES" not in anybody.page


async def test_while_the_timestamp_service_is_down_nothing_is_signed_and_the_page_says_so(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    meeting_id = await approved(office, clock)
    budi = await signed_in("budi")
    before = await office.rooms.state(meeting_id)
    office.papers.sign_with(Trust("http://127.0.0.1:9/tsa"))
    await budi.get(f"/m/{meeting_id}/minutes")
    await budi.post(f"/m/{meeting_id}/minutes/sign")
    assert budi.response.status == 400
    assert "Layanan stempel waktu tidak menjawab" in budi.page
    assert await office.rooms.state(meeting_id) is before
    assert not (office.folder / "signed").exists()
    office.papers.sign_with(Trust())
    await budi.post(f"/m/{meeting_id}/minutes/sign")
    assert (await office.rooms.state(meeting_id)).minutes.stage == "signed"


async def test_a_service_signs_with_the_persons_own_certificate_and_the_passphrase_never_comes_back(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    meeting_id, service = await approved(office, clock), EsignServer()
    path = f"/m/{meeting_id}/minutes"
    siti = await office.store.accounts.by_login("siti")
    assert siti is not None
    named = Particulars(siti.login, siti.name, siti.office_role, nik=SITI)
    await office.identity.accounts.change(siti.account_id, named)
    async with service.serve() as url:
        office.papers.serve(EsignService(url, USERNAME, PASSWORD))
        for login, nik, asked in (("budi", BUDI, True), ("siti", SITI, False)):
            one = await signed_in(login)
            await one.get(path)
            assert ('name="nik"' in one.page) == asked  # it is asked for where the account has none
            typed = {"nik": nik} if asked else {}
            await one.post(f"{path}/sign", {"passphrase": "bukan#ini", **typed})
            assert one.response.status == 400
            assert "Kata sandi tanda tangan (passphrase) salah" in one.page
            assert "bukan#ini" not in one.page
            assert nik not in one.page
            await one.post(f"{path}/sign", {"passphrase": PASSPHRASES[nik], **typed})
            assert one.response.status == 303, one.page
    minutes = (await office.rooms.state(meeting_id)).minutes
    assert [one.manner for one in minutes.signatures] == ["service", "service"]
    kept = b"".join(one.read_bytes() for one in office.folder.rglob("*") if one.is_file())
    assert not any(secret.encode() in kept for secret in (*PASSPHRASES, *PASSPHRASES.values()))


def photograph(sort: str) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (120, 160), (200, 190, 180)).save(stream, sort)
    return stream.getvalue()


async def test_anybody_with_the_code_learns_that_it_is_genuine_and_nothing_more(
    office: TheOffice, clock: FakeClock, browser: Callable[[], Browser]
) -> None:
    meeting_id = await approved(office, clock)
    digest = (await office.rooms.state(meeting_id)).minutes.digest
    anybody = browser()
    await anybody.get(f"/verify/{meeting_id}-{digest[:16]}")
    assert "Asli" in anybody.page
    assert digest in anybody.page
    for private in ("Budi", "beras", "Sekretaris"):
        assert private not in anybody.page
    wrong = digest[:15] + ("0" if digest[15] != "0" else "1")
    for code in (f"{meeting_id}-{wrong}", f"{'0' * 16}-{digest[:16]}", "x"):
        await anybody.get(f"/verify/{code}")
        assert "Tidak dikenal" in anybody.page
        assert "Rapat Koordinasi" not in anybody.page
    for _ in range(MOST):
        await anybody.get("/verify/x")
    assert anybody.response.status == 503
    assert "Terlalu banyak" in anybody.page
    clock.advance(WINDOW_MS)
    await anybody.get("/verify/x")
    assert anybody.response.status == 200


def pdf_of_one_page() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize("login", ["rina", "tono"])
async def test_who_may_not_is_refused_whatever_they_send(
    office: TheOffice, clock: FakeClock, signed_in: SignIn, login: str
) -> None:
    meeting_id = await closed(office, clock)
    one = await signed_in(login)
    await one.get(f"/m/{meeting_id}/minutes")
    before = await office.rooms.state(meeting_id)
    for act in ("submit", "review", "return", "open_comments", "comment", "answer", "approve", "freeze", "ralat"):
        fields = {"act": act, "verdict": "yes", "version": "1", "reason": "x", "text": "x", "until": "2026-01-08"}
        fields |= {"comment_id": "c1", "ralat_id": "r1", "reviewer": CHAIR, "digest": "ab" * 32}
        await one.post(f"/m/{meeting_id}/minutes", fields)
        assert one.response.status == 400, act
    assert await office.rooms.state(meeting_id) is before


async def test_there_is_no_page_before_the_meeting_is_over_nor_for_strangers(
    office: TheOffice, clock: FakeClock, signed_in: SignIn, browser: Callable[[], Browser]
) -> None:
    stranger = browser()
    meeting_id = await closed(office, clock)
    await stranger.get(f"/m/{meeting_id}/minutes")
    assert stranger.response.status == 303
    siti = await signed_in("siti")
    leaders = [invited(await office.account(login, login), role) for login, role in ROLES]
    planned = await office.meeting(*leaders)
    await siti.get(f"/m/{planned}/minutes")
    assert siti.response.status == 404


def test_the_stepper_has_one_place_for_every_stage() -> None:
    for stage in STAGES:
        places = [one.place for one in steps(stage)]
        assert places == sorted(places, key=("done", "now", "ahead").index)
        assert places.count("now") == (0 if stage == "frozen" else 1)
