"""Meetings on pages: planned, changed, cancelled, seen by those who belong and nobody else, written up, fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable

import pytest

from server.meeting import commands
from server.meeting.commands import SERVER, Invitee
from tests.fakes import FakeClock
from tests.unit.web.office import DAY_MS, HOUR_MS, Browser, TheOffice, invited

NewBrowser = Callable[[], Browser]
SignIn = Callable[[str], Awaitable[Browser]]
CHAIR, SECRETARY, GUESTLESS = "p1", "p2", "p3"

PLAN = {
    "title": "Rapat Inflasi <b>Daerah</b>",
    "date": "2026-01-05",
    "start": "09:00",
    "end": "11.30",
    "zone": "WITA",
    "place": "Ruang Rapat Sekda",
    "letter_number": "005/12/2026",
    "letter_date": "2026-01-02",
    "item-0-title": "Pembukaan",
    "item-0-minutes": "10",
    "item-7-title": "Harga beras",
    "item-7-minutes": "",
    "item-3-title": "",
    "person-0-name": "Budi Santoso (budi)",
    "person-0-role": "chair",
    "person-1-name": "Siti Aminah (siti)",
    "person-1-role": "secretary",
    "person-2-name": "Rina Marlina",
    "person-2-role": "participant",
    "person-2-function": "Ketua PKK",
    "person-2-email": "rina@contoh.go.id",
    "person-3-role": "participant",
}


async def people(office: TheOffice) -> tuple[Invitee, Invitee, Invitee]:
    budi = await office.account("budi", "Budi Santoso", function="Sekretaris Daerah")
    siti = await office.account("siti", "Siti Aminah", "secretary")
    return invited(budi, "chair"), invited(siti, "secretary"), Invitee("Rina Marlina", "participant")


async def test_a_meeting_is_planned_as_it_was_typed(office: TheOffice, signed_in: SignIn) -> None:
    await people(office)
    one = await signed_in("siti")
    await one.get("/meetings/new")
    response = await one.post("/meetings/new", PLAN)
    assert response.status == 303, one.page
    await one.follow()
    assert "Rapat Inflasi &lt;b&gt;Daerah&lt;/b&gt;" in one.page
    assert "Senin, 5 Januari 2026" in one.page
    assert "09.00–11.30 WITA" in one.page
    state = await office.rooms.state(re.search(r"/m/([0-9a-f]{16})", str(one.response.url))[1])  # type: ignore[index]
    assert [(item.title, item.minutes) for item in state.items] == [("Pembukaan", 10), ("Harga beras", 0)]
    assert state.plan.zone == "Asia/Makassar"
    rows = [(one.name, one.role, one.function, bool(one.account_id)) for one in state.people.values()]
    assert rows == [
        ("Budi Santoso", "chair", "Sekretaris Daerah", True),
        ("Siti Aminah", "secretary", "", True),
        ("Rina Marlina", "participant", "Ketua PKK", False),
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"date": "31-12-2026"}, "date"),
        ({"end": "08:00"}, "end"),
        ({"start": "25:00"}, "start"),
        ({"zone": "CET"}, "zone"),
        ({"person-0-role": "participant"}, "people"),
        ({"person-1-role": "chair"}, "people"),
        ({"person-2-email": "rina"}, "person-2-email"),
        ({"item-0-minutes": "lama"}, "item-0-minutes"),
        ({"person-2-role": "administrator"}, "person-2-role"),
        ({"title": "x" * 201}, "title"),
    ],
)
async def test_a_refused_form_says_where_and_keeps_everything(
    office: TheOffice, signed_in: SignIn, wrong: dict[str, str], field: str
) -> None:
    await people(office)
    one = await signed_in("siti")
    await one.get("/meetings/new")
    typed = PLAN | wrong
    assert (await one.post("/meetings/new", typed)).status == 400
    assert f'<a href="#{field}">' in one.page
    assert f'id="{field}"' in one.page
    for name in ("item-7-title", "person-2-function", "letter_number", "person-0-name", "place"):
        assert f'value="{typed[name]}"' in one.page
    assert "Rapat Inflasi &lt;b&gt;" in one.page or field == "title"


async def test_more_rows_come_without_javascript(office: TheOffice, signed_in: SignIn) -> None:
    await people(office)
    one = await signed_in("siti")
    await one.get("/meetings/new")
    assert (await one.post("/meetings/new", PLAN | {"more": "people"})).status == 200
    assert 'name="person-6-name"' in one.page
    assert 'value="Rina Marlina"' in one.page


async def test_officials_plan_nothing(office: TheOffice, signed_in: SignIn) -> None:
    await people(office)
    one = await signed_in("budi")
    assert (await one.get("/meetings/new")).status == 403
    await one.get("/account")
    assert (await one.post("/meetings/new", PLAN)).status == 403


async def test_outsiders_learn_nothing_of_a_meeting(office: TheOffice, signed_in: SignIn, browser: NewBrowser) -> None:
    meeting = await office.meeting(*await people(office), title="Rapat Tertutup")
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    await office.account("orang", "Orang Lain")
    one, nobody = await signed_in("orang"), browser()
    for path in ("", "/edit", "/cancel", "/attendance", "/record", "/room", "/notula.pdf", "/attendance.csv"):
        assert (await one.get(f"/m/{meeting}{path}")).status == 404, path
        assert "Tertutup" not in one.page
        unsigned = await nobody.get(f"/m/{meeting}{path}")
        assert unsigned.headers["Location"] == f"/login?next=/m/{meeting}{path}"
        there_is_none = await nobody.get(f"/m/0000000000000000{path}")
        assert there_is_none.headers["Location"] == f"/login?next=/m/0000000000000000{path}"
    assert (await one.get("/m/0000000000000000")).status == 404


async def test_lists_show_ones_own_meetings_and_the_office_to_those_who_plan(
    office: TheOffice, signed_in: SignIn
) -> None:
    budi, siti, rina = await people(office)
    other = invited(await office.account("dedi", "Dedi Kurniawan"), "chair")
    await office.meeting(budi, siti, rina, title="Rapat Kita", in_ms=HOUR_MS)
    await office.meeting(other, Invitee("Notulis Lain", "secretary"), title="Rapat Mereka", in_ms=DAY_MS)
    for login, path, seen, hidden in (
        ("budi", "/", "Rapat Kita", "Rapat Mereka"),
        ("budi", "/?scope=office", "Rapat Kita", "Rapat Mereka"),
        ("dedi", "/", "Rapat Mereka", "Rapat Kita"),
    ):
        one = await signed_in(login)
        await one.get(path)
        assert seen in one.page
        assert hidden not in one.page
    one = await signed_in("siti")
    await one.get("/?scope=office")
    assert "Rapat Kita" in one.page
    assert "Rapat Mereka" in one.page


async def test_only_those_who_plan_see_links_and_change_the_plan(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("dedi", "Dedi Kurniawan")
    dedi = invited((await office.identity.accounts.all())[0])
    meeting = await office.meeting(*await people(office), dedi, in_ms=DAY_MS)
    one = await signed_in("dedi")
    await one.get(f"/m/{meeting}")
    assert "/j/" not in one.page
    assert "/g/" not in one.page
    for path in ("edit", "cancel"):
        assert (await one.get(f"/m/{meeting}/{path}")).status == 403
    chair = await signed_in("budi")
    await chair.get(f"/m/{meeting}")
    assert chair.page.count("/j/") == 4
    assert f"/g/{meeting}" in chair.page


async def test_a_plan_is_changed_and_keeps_what_was_not_touched(office: TheOffice, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office), in_ms=DAY_MS, items=("Laporan", "Lain-lain"))
    one = await signed_in("budi")
    await one.get(f"/m/{meeting}/edit")
    typed = dict(re.findall(r'name="([\w-]+)"[^>]*? value="([^"]*)"', one.page.split("<template>")[0]))
    rows = dict(re.findall(r'name="(person-\d-(?:id|name))"[^>]*? value="([^"]*)"', one.page))
    roles = {"person-0-role": "chair", "person-1-role": "secretary", "person-2-role": "participant"}
    fields = {**typed, **rows, **roles, "zone": "WIB", "item-0-title": "Laporan triwulan"}
    before = await office.rooms.state(meeting)
    assert (await one.post(f"/m/{meeting}/edit", fields)).status == 303, one.page
    after = await office.rooms.state(meeting)
    assert after.number == before.number + 1
    assert [(item.item_id, item.title) for item in after.items] == [("i1", "Laporan triwulan"), ("i2", "Lain-lain")]
    assert after.plan == before.plan
    assert after.people == before.people


async def test_cancelling_needs_a_reason_and_tells_it(office: TheOffice, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office), in_ms=DAY_MS)
    one = await signed_in("siti")
    await one.get(f"/m/{meeting}/cancel")
    assert (await one.post(f"/m/{meeting}/cancel", {"reason": ""})).status == 400
    assert (await one.post(f"/m/{meeting}/cancel", {"reason": "Ditunda <script>"})).status == 303
    await one.get(f"/m/{meeting}")
    assert "Ditunda &lt;script&gt;" in one.page
    assert "/room" not in one.page
    assert (await one.get(f"/m/{meeting}/room")).headers["Location"] == f"/m/{meeting}"


async def test_the_page_lives_with_the_meeting(office: TheOffice, clock: FakeClock, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office), in_ms=DAY_MS)
    one = await signed_in("budi")
    await one.get(f"/m/{meeting}")
    assert "Direncanakan" in one.page
    assert "notula.pdf" not in one.page
    assert (await one.get(f"/m/{meeting}/notula.pdf")).status == 404
    clock.advance(DAY_MS)
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    one = await signed_in("budi")
    await one.get(f"/m/{meeting}")
    assert "Sedang berlangsung" in one.page
    assert "0 dari 3 orang" in one.page
    clock.advance(HOUR_MS)
    await office.act(meeting, CHAIR, commands.CloseMeeting())
    await one.get(f"/m/{meeting}")
    assert "Selesai" in one.page
    assert "notula.pdf" in one.page
    assert "/room" not in one.page


async def test_the_room_page_hands_the_client_what_it_needs_and_nothing_ends_its_script(
    office: TheOffice, signed_in: SignIn, clock: FakeClock
) -> None:
    meeting = await office.meeting(*await people(office), title="</script><script>alert(1)</script>")
    one = await signed_in("budi")
    assert (await one.get(f"/m/{meeting}/room")).status == 200
    found = re.search(r'<script id="room" type="application/json">(.*?)</script>', one.page, re.S)
    assert found
    room = json.loads(found[1])
    assert room["title"] == "</script><script>alert(1)</script>"
    assert (room["role"], room["name"], room["meetingId"]) == ("chair", "Budi Santoso", meeting)
    assert room["leaveUrl"] == f"/m/{meeting}"
    assert all(key.startswith(("room.", "common.")) for key in room["words"])
    admission = await office.identity.tickets.check(room["ticket"], clock.now_ms())
    assert (admission.meeting_id, admission.person_id) == (meeting, CHAIR)
    await one.get("/account")
    await one.post("/logout")
    with pytest.raises(Exception, match=r"ticket\.revoked"):
        await office.identity.tickets.check(room["ticket"], clock.now_ms())


async def test_participants_wait_until_half_an_hour_before(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    dedi = await office.account("dedi", "Dedi Kurniawan")
    meeting = await office.meeting(*await people(office), invited(dedi), in_ms=2 * HOUR_MS)
    one, chair = await signed_in("dedi"), await signed_in("budi")
    assert (await one.get(f"/m/{meeting}/room")).headers["Location"] == f"/m/{meeting}"
    assert (await chair.get(f"/m/{meeting}/room")).status == 200
    clock.advance(HOUR_MS * 3 // 2)
    assert (await one.get(f"/m/{meeting}/room")).status == 200


async def test_an_office_secretary_who_is_not_invited_plans_but_has_no_seat(
    office: TheOffice, signed_in: SignIn
) -> None:
    await office.account("umum", "Bagian Umum", "secretary")
    meeting = await office.meeting(*await people(office))
    one = await signed_in("umum")
    assert (await one.get(f"/m/{meeting}/edit")).status == 200
    assert (await one.get(f"/m/{meeting}/room")).status == 303
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    assert (await one.get(f"/m/{meeting}/record")).status == 403


async def test_the_record_is_completed_afterwards(office: TheOffice, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office))
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    await office.act(meeting, CHAIR, commands.CloseMeeting())
    one = await signed_in("siti")
    path = f"/m/{meeting}/record"
    await one.get(path)
    decision = {"act": "record_decision", "item_id": "i1", "decision_id": "d1", "text": "Setuju", "method": "mufakat"}
    for _ in range(2):  # sent twice is recorded once
        assert (await one.post(path, decision)).status == 303
        await one.get(path)
    action = {
        "act": "record_action",
        "item_id": "i1",
        "action_id": "a1",
        "what": "Kirim",
        "who": "Rina Marlina",
        "due": "",
    }
    assert (await one.post(path, action)).status == 303
    await one.get(path)
    correction = {"act": "correct_decision", "decision_id": "d1", "text": "Setuju sebagian", "method": "vote"}
    assert (await one.post(path, correction)).status == 303
    state = await office.rooms.state(meeting)
    assert [(one.number, one.text, one.method) for one in state.decisions.values()] == [(1, "Setuju sebagian", "vote")]
    assert state.actions["a1"].who == GUESTLESS
    await one.get(path)
    assert (await one.post(path, {"act": "withdraw_action", "action_id": "a1", "reason": "Keliru"})).status == 303
    assert (await office.rooms.state(meeting)).actions["a1"].withdrawn


async def test_what_was_said_for_the_record_is_completed_afterwards(office: TheOffice, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office))
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    one = await signed_in("siti")
    path = f"/m/{meeting}/record"
    said = {
        "act": "record_statement",
        "item_id": "i1",
        "statement_id": "q1",
        "what": "objection",
        "who": "",
        "text": "Terlalu singkat",
    }
    await one.get(path)
    assert (await one.post(path, said)).status == 400
    assert "Terlalu singkat" in one.page
    assert "Tuliskan atau pilih siapa yang menyampaikannya." in one.page
    assert (await one.post(path, said | {"who": "Rina Marlina"})).status == 303
    await one.get(path)
    correction = {"act": "correct_statement", "statement_id": "q1", "who": "Camat", "text": "Singkat"}
    assert (await one.post(path, correction)).status == 303
    statement = (await office.rooms.state(meeting)).statements["q1"]
    assert (statement.what, statement.who, statement.text) == ("objection", "Camat", "Singkat")
    await one.get(f"/m/{meeting}")
    assert "Keberatan</strong>" in one.page
    await one.get(path)
    assert (await one.post(path, {"act": "withdraw_statement", "statement_id": "q1", "reason": ""})).status == 303
    assert (await office.rooms.state(meeting)).statements["q1"].withdrawn
    await one.get(path)
    assert (await one.post(path, said | {"what": "poem", "statement_id": "q2", "who": "x"})).status == 400


RICH = """
[["h",1,[["x","Laporan"]]],["p",[["x","Stok "],["x","obat","s"],["x"," <b>aman</b>, lihat "],["x","laman","","https://contoh.go.id/?a=1&b=2"],
["br"],["m","p2","Siti & rekan"]]],["ol",[[["p",[["x","satu"]]]],[["p",[["x","dua"]]]]]],
["t",[[[1,[["p",[["x","Desa"]]]]],[1,[["p",[["x","Jumlah"]]]]]],[[0,[["p",[["x","Kuala"]]]]],[0,[]]]]]]
""".replace("\n", "")


async def test_adopted_notes_are_read_with_all_their_forms(office: TheOffice, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office))
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    await office.rooms.submit(meeting, SERVER, commands.AdoptNotes("i1", RICH))
    one = await signed_in("siti")
    for path in (f"/m/{meeting}", f"/m/{meeting}/record"):
        await one.get(path)
        for wanted in (
            "<h4>Laporan</h4>",
            "Stok <strong>obat</strong> &lt;b&gt;aman&lt;/b&gt;",
            '<a href="https://contoh.go.id/?a=1&amp;b=2" rel="noopener noreferrer nofollow">laman</a>',
            "Siti &amp; rekan",
            '<ol class="written"><li><p>satu</p></li>',
            '<th scope="col"><p>Desa</p>',
            "<td><p>Kuala</p>",
        ):
            assert wanted in re.sub(r">\s+<", "><", one.page), wanted
    found = re.search(r'<script id="shared-notes" type="application/json">(.*?)</script>', one.page)
    assert found
    given = json.loads(found[1])
    assert given["ticket"]
    assert {"personId": SECRETARY, "name": "Siti Aminah"} in given["people"]


async def test_refused_writing_is_not_lost(office: TheOffice, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office))
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    one = await signed_in("siti")
    path = f"/m/{meeting}/record"
    await one.get(path)
    action = {
        "act": "record_action",
        "item_id": "i1",
        "action_id": "a1",
        "what": "Kirim surat",
        "who": "",
        "due": "2026-02-01",
    }
    assert (await one.post(path, action)).status == 400
    assert "Kirim surat" in one.page
    assert 'value="2026-02-01"' in one.page


async def test_participants_write_nothing(office: TheOffice, signed_in: SignIn) -> None:
    dedi = await office.account("dedi", "Dedi Kurniawan")
    meeting = await office.meeting(*await people(office), invited(dedi))
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    one = await signed_in("dedi")
    await one.get("/account")
    assert (await one.post(f"/m/{meeting}/record", {"act": "withdraw_action", "action_id": "a1"})).status == 403


async def test_documents_come_as_downloads_with_a_name(office: TheOffice, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office), title='Rapat "A/B": Évaluasi')
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    one = await signed_in("budi")
    response = await one.get(f"/m/{meeting}/notula.pdf?document=en")
    assert response.headers["Content-Type"] == "application/pdf"
    assert one.page == f"notula pdf {meeting} en 0"
    assert 'filename="Minutes-Rapat-A-B-Evaluasi-2026-01-01.pdf"' in response.headers["Content-Disposition"]
    assert (await one.get(f"/m/{meeting}/attendance.csv")).headers["Content-Type"].startswith("text/csv")
    for path in ("notula.csv", "attendance.md", "notula.exe"):
        assert (await one.get(f"/m/{meeting}/{path}")).status == 404


async def test_the_timeline_shows_bars_and_gaps(office: TheOffice, clock: FakeClock, signed_in: SignIn) -> None:
    meeting = await office.meeting(*await people(office))
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    actor = commands.Actor(CHAIR, "s1")
    await office.rooms.submit(meeting, actor, commands.Join("s1"))
    await office.rooms.submit(meeting, actor, commands.ConfirmPresence("s1", "act"))
    clock.advance(HOUR_MS // 2)
    await office.rooms.submit(meeting, actor, commands.Leave("s1", "left"))
    clock.advance(HOUR_MS // 2)
    await office.act(meeting, CHAIR, commands.CloseMeeting())
    one = await signed_in("siti")
    await one.get(f"/m/{meeting}/attendance")
    assert '<rect class="present" x="0.0%" width="50.0%"' in one.page
    assert "30 menit" in one.page
    assert "tidak hadir" in one.page
    assert "style=" not in one.page


async def test_home_tells_now_from_next_and_past(office: TheOffice, clock: FakeClock, signed_in: SignIn) -> None:
    budi, siti, rina = await people(office)
    over = await office.meeting(budi, siti, rina, title="Rapat Kemarin")
    await office.act(over, CHAIR, commands.OpenMeeting())
    await office.act(over, CHAIR, commands.CloseMeeting())
    await office.meeting(budi, siti, rina, title="Rapat Terlupa")
    clock.advance(DAY_MS)
    running = await office.meeting(budi, siti, rina, title="Rapat Berjalan", in_ms=-3 * HOUR_MS)
    await office.act(running, CHAIR, commands.OpenMeeting())
    await office.meeting(budi, siti, rina, title="Rapat Besok", in_ms=DAY_MS)
    called_off = await office.meeting(budi, siti, rina, title="Rapat Batal", in_ms=HOUR_MS)
    await office.act(called_off, CHAIR, commands.CancelMeeting("Ditunda"))
    one = await signed_in("budi")
    await one.get("/")
    over_titles = ("Rapat Terlupa", "Rapat Kemarin")
    places = {title: one.page.index(title) for title in ("Rapat Berjalan", "Rapat Besok", "Rapat Batal", *over_titles)}
    now, following, later, past = (one.page.index(f'id="{name}"') for name in ("now", "next", "later", "past"))
    assert now < places["Rapat Berjalan"] < following < places["Rapat Besok"] < later < places["Rapat Batal"] < past
    assert past < min(places[title] for title in over_titles)
    assert "Tidak dibuka" in one.page


async def test_the_archive_has_pages_that_leave_nothing_out(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    everybody = await people(office)
    for number in range(27):
        await office.meeting(*everybody, title=f"Rapat ke-{number:02}", in_ms=number * HOUR_MS)
    clock.advance(40 * HOUR_MS)
    one = await signed_in("budi")
    seen: list[str] = []
    for number in (1, 2):
        await one.get(f"/meetings/past?page={number}")
        seen += re.findall(r">(Rapat ke-\d\d)<", one.page)
    assert seen == [f"Rapat ke-{number:02}" for number in reversed(range(27))]
    for page in ("3", "-1", "x", "99999", "²"):
        assert (await one.get(f"/meetings/past?page={page}")).status in (200, 303)


async def test_the_quorum_is_planned_by_the_kind_of_meeting_or_of_its_own(office: TheOffice, signed_in: SignIn) -> None:
    await people(office)
    one = await signed_in("siti")
    await one.get("/meetings/new")
    assert "Pasal 183 ayat (2) huruf b" in one.page
    wrong = await one.post("/meetings/new", PLAN | {"kind": "own", "quorum": "number", "quorum_number": "x"})
    assert wrong.status == 400
    assert 'id="quorum_number-error"' in one.page
    assert (await one.post("/meetings/new", PLAN | {"kind": "senate", "quorum": "half"})).status == 400
    response = await one.post("/meetings/new", PLAN | {"kind": "council_bylaw", "quorum": "half"})
    assert response.status == 303, one.page
    await one.follow()
    assert "sekurang-kurangnya dua pertiga anggota" in one.page
    meeting_id = re.search(r"/m/([0-9a-f]{16})", str(one.response.url))[1]  # type: ignore[index]
    assert (await office.rooms.state(meeting_id)).deliberation.procedure.preset == "council_bylaw"
    await one.get(f"/m/{meeting_id}/edit")
    own = PLAN | {"kind": "own", "quorum": "number", "quorum_number": "2"}
    people_as_they_are = {f"person-{n}-id": f"p{n + 1}" for n in range(3)}
    items = {"item-0-id": "i1", "item-7-id": "i2"}
    assert (await one.post(f"/m/{meeting_id}/edit", own | people_as_they_are | items)).status == 303, one.page
    procedure = (await office.rooms.state(meeting_id)).deliberation.procedure
    assert (procedure.quorum, procedure.quorum_number, procedure.preset) == ("number", 2, "")
    await office.act(meeting_id, CHAIR, commands.OpenMeeting())
    await one.get(f"/m/{meeting_id}/edit")
    half = own | people_as_they_are | items | {"quorum": "half"}
    assert (await one.post(f"/m/{meeting_id}/edit", half)).status == 400
    assert 'id="quorum_reason-error"' in one.page  # nobody's quorum is changed without a reason once it is on
    reason = half | {"quorum_reason": "tata tertib baru"}
    assert (await one.post(f"/m/{meeting_id}/edit", reason)).status == 303, one.page
