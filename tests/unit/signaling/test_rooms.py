"""Real clients on a real server: coming in, coming back, seeing what one may, and being told when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import socketio

from server.meeting import commands, views
from server.meeting.commands import Actor
from server.meeting.facts import Left, NumberedFact, ServiceInterrupted
from server.meeting.ports import Hint
from server.meeting.state import State, apply
from signaling import outbox
from tests.unit.signaling.conftest import Browser, Server
from tests.unit.signaling.house import CHAIR, MEETING, PARTICIPANT, PLAN

Browsers = Callable[..., Browser]


async def test_who_enters_gets_the_meeting_and_a_way_to_media(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    assert entered["you"]["person_id"] == PARTICIPANT
    assert entered["you"]["role"] == "participant"
    assert entered["snapshot"] == views.snapshot(server.house.state, "participant")
    assert entered["number"] == server.house.state.number
    assert entered["media"]["epoch"] == "e1"
    assert set(entered["media"]["send"]) == {"id", "iceParameters", "iceCandidates", "dtlsParameters"}


async def test_what_one_says_all_hear_with_the_number_of_the_record(server: Server, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await ani.joins()
    await sri.joins()
    answer = await ani.command("say", chat_id="c1", text=" Selamat pagi ")
    heard = await sri.told_fact("ChatSaid")
    assert heard["text"] == "Selamat pagi"
    assert answer == {"ok": {"number": heard["number"]}}
    assert await ani.command("say", chat_id="c1", text="Selamat pagi") == answer


async def test_nothing_private_enters_a_room(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    server.house.plans(*_numbered(PLAN.invitees), commands.Invitee("Baru", "participant", nip="1980"))
    invited = await ani.told_fact("Invited")
    assert invited["name"] == "Baru"
    assert not {"nip", "rank", "email", "account_id"} & set(invited)
    assert "197001011990032001" not in str(entered) + str(ani.events)


def _numbered(invitees: tuple[commands.Invitee, ...]) -> list[commands.Invitee]:
    return [replace(one, person_id=f"p{at}") for at, one in enumerate(invitees, 1)]


@pytest.mark.parametrize("ticket", ["unknown", ""])
async def test_without_a_ticket_nobody_connects(browsers: Browsers, ticket: str) -> None:
    stranger = browsers(ticket)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await stranger.connects()


@pytest.mark.parametrize(
    "auth", [None, {}, [], "ticket", {"ticket": "chair", "more": 1}, {"ticket": "chair", "protocol": 2}, {"ticket": 1}]
)
async def test_a_handshake_that_is_not_as_documented_is_refused(server: Server, browsers: Browsers, auth: Any) -> None:
    stranger = browsers("chair")
    stranger.auth = auth
    with pytest.raises(socketio.exceptions.ConnectionError):
        await stranger.connects()
    assert server.house.state.sessions == {}


async def test_errors_are_sentences_in_the_readers_language(browsers: Browsers) -> None:
    dewi = browsers("observer", language="en")
    await dewi.joins()
    answer = await dewi.command("say", chat_id="c1", text="x")
    assert answer["error"] == {"code": "meeting.not_allowed", "text": "en:meeting.not_allowed", "values": {}}


# ------------------------------------------------------------ coming back


async def test_a_dropped_line_resumes_and_loses_nothing(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    await ani.drops()
    assert server.house.lost == [ani.session_id]
    server.house.by(CHAIR, commands.Join("chair"))
    for at in range(500):
        server.house.by(CHAIR, commands.Say(f"c{at}", f"line {at}"))
    resumed = await ani.returns(entered["number"])
    assert resumed["you"] == entered["you"]
    assert [fact.get("text") for fact in resumed["facts"]] == [None, *(f"line {at}" for at in range(500))]
    assert resumed["number"] == server.house.state.number
    assert "snapshot" not in resumed
    assert server.house.lost == []
    assert [type(one.fact) for one in server.house.facts].count(Left) == 0


async def test_standing_transports_are_kept_and_lost_ones_replaced(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    await ani.drops()
    assert (await ani.returns(entered["number"], epoch="e1"))["media"] == "kept"
    assert server.plane.log[-1] == ("tell_again", ani.session_id)
    await ani.drops()
    server.plane.epoch = "e2"
    assert (await ani.returns(entered["number"], epoch="e1"))["media"]["epoch"] == "e2"
    await ani.drops()
    server.plane.epoch = None
    assert (await ani.returns(entered["number"], epoch="e2"))["media"] is None


async def test_after_a_restart_of_the_server_the_same_session_goes_on(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    await server.restart()
    await ani.told("disconnect")
    server.house.facts.append(
        NumberedFact(server.house.state.number + 1, server.clock.now_ms(), ServiceInterrupted(server.clock.now_ms()))
    )
    server.house.state = _next(server)
    resumed = await ani.returns(entered["number"])
    assert resumed["you"] == entered["you"]
    assert [fact["kind"] for fact in resumed["facts"]] == ["ServiceInterrupted"]


def _next(server: Server) -> State:
    return apply(server.house.state, server.house.facts[-1])


async def test_after_the_grace_one_comes_in_anew(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    await ani.drops()
    server.house.grace_ends()
    again = await ani.returns(entered["number"])
    assert again["you"]["session_id"] != entered["you"]["session_id"]
    assert again["snapshot"]["number"] == again["number"]


@pytest.mark.parametrize("change", [{"secret": "0" * 64}, {"secret": "ä"}, {"session_id": "another"}, {"after": 10**9}])
async def test_who_cannot_prove_a_session_does_not_get_it(
    server: Server, browsers: Browsers, change: dict[str, Any]
) -> None:
    ani, budi = browsers("participant"), browsers("secretary")
    entered = await ani.joins()
    await ani.drops()
    await budi.connects()
    stolen = {**entered["you"], "after": entered["number"]}
    del stolen["person_id"], stolen["role"]
    await budi.enters(**stolen)
    assert budi.session_id != ani.session_id
    await ani.connects()
    await ani.enters(**stolen | change)
    assert ani.session_id != stolen["session_id"]
    assert "snapshot" in ani.entered


async def test_a_second_device_replaces_the_first(browsers: Browsers) -> None:
    first, second = browsers("participant"), browsers("participant")
    await first.joins()
    await second.joins()
    assert await first.told("bye") == {"code": "replaced", "text": "id:bye.replaced"}
    assert "ok" in await second.command("raise_hand")


async def test_a_new_role_is_a_new_entry(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    invitees = _numbered(PLAN.invitees)
    invitees[2] = commands.Invitee("Ani Lestari", "secretary", person_id=PARTICIPANT)
    server.house.plans(*invitees)
    await ani.told("disconnect")
    again = await ani.returns(entered["number"])
    assert again["you"]["role"] == "secretary"
    assert "snapshot" in again


# ------------------------------------------------------------ guests


async def test_a_guest_waits_is_seen_by_those_who_decide_and_is_let_in(server: Server, browsers: Browsers) -> None:
    guest, sri, ani = browsers("guest"), browsers("chair"), browsers("participant")
    await sri.joins()
    await ani.joins()
    await guest.connects()
    assert await guest.enters() == {"ok": {"waiting": True, "told": ""}}
    waiting = await sri.told_fact("GuestWaiting")
    assert (waiting["name"], waiting["office"], waiting["function"]) == ("Tamu", "Kecamatan", "Camat")
    assert (await guest.command("say", chat_id="c", text="x"))["error"]["code"] == "session.not_entered"
    await sri.command("admit_guest", waiting_id=waiting["waiting_id"])
    await guest.told("admitted")
    await guest.enters()
    assert guest.entered["you"]["role"] == "guest"
    await ani.told_fact("Joined")
    assert "GuestWaiting" not in [fact["kind"] for fact in ani.facts()]
    assert "GuestWaiting" not in str(guest.events)


async def test_those_invited_wait_where_only_leaders_walk_in_are_told_a_word_and_let_in_together(
    server: Server, browsers: Browsers
) -> None:
    guest, sri, ani = browsers("guest"), browsers("chair"), browsers("participant")
    server.house.apply(commands.SetEntry("leaders"), Actor(CHAIR))
    await sri.joins()
    for one in (guest, ani):
        await one.connects()
        assert await one.enters() == {"ok": {"waiting": True, "told": ""}}
    assert {one.known for one in server.house.state.waiting.values()} == {"name", "link"}
    await sri.command("tell_waiting", text="Sepuluh menit lagi.")
    for one in (guest, ani):
        assert await one.told("told") == {"text": "Sepuluh menit lagi."}
    assert (await ani.command("say", chat_id="c", text="x"))["error"]["code"] == "session.not_entered"
    await sri.command("admit_all", waiting_ids=[*server.house.state.waiting, "gone"])
    for one in (guest, ani):
        await one.told("admitted")
        await one.enters()
    assert ani.entered["you"] | {"secret": ""} == {
        "person_id": PARTICIPANT,
        "session_id": ani.entered["you"]["session_id"],
        "secret": "",
        "role": "participant",
    }
    assert "WaitingTold" not in str(ani.events)


async def test_a_guest_who_is_refused_is_told_and_stays_out(browsers: Browsers) -> None:
    guest, sri = browsers("guest"), browsers("chair")
    await sri.joins()
    await guest.connects()
    await guest.enters()
    await sri.command("refuse_guest", waiting_id="w1")
    assert (await guest.told("bye"))["code"] == "refused"
    await guest.connects()
    assert (await guest.enters())["error"]["code"] == "meeting.refused"


async def test_a_guest_who_goes_away_no_longer_waits(server: Server, browsers: Browsers) -> None:
    guest, sri = browsers("guest"), browsers("chair")
    await sri.joins()
    await guest.connects()
    await guest.enters()
    await guest.drops()
    await sri.told_fact("GuestGone")
    assert not server.house.state.waiting


async def test_a_guest_can_stop_waiting(server: Server, browsers: Browsers) -> None:
    guest = browsers("guest")
    await guest.connects()
    await guest.enters()
    assert "ok" in await guest.command("stop_waiting")
    assert not server.house.state.waiting


# ------------------------------------------------------------ endings


async def test_who_is_removed_is_told_so_after_the_facts(browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await ani.joins()
    await sri.joins()
    await sri.command("remove_person", person_id=PARTICIPANT)
    assert (await ani.told("bye"))["code"] == "removed"
    assert ani.facts()[-1]["reason"] == "removed"
    await ani.told("disconnect")
    await ani.connects()
    assert (await ani.enters())["error"]["code"] == "meeting.removed"


async def test_when_the_meeting_closes_everybody_is_told(browsers: Browsers) -> None:
    ani, sri, guest = browsers("participant"), browsers("chair"), browsers("guest")
    await ani.joins()
    await sri.joins()
    await guest.connects()
    await guest.enters()
    await sri.command("open_meeting")
    await sri.command("close_meeting")
    assert [(await one.told("bye"))["code"] for one in (ani, sri, guest)] == ["closed"] * 3


async def test_what_is_revoked_ends_at_once(server: Server, browsers: Browsers) -> None:
    ani, sri, guest = browsers("participant"), browsers("chair"), browsers("guest")
    await ani.joins()
    await sri.joins()
    await guest.connects()
    await guest.enters()
    server.door.revoked = {"participant", "guest"}
    assert await server.signaling.look_again() == 2
    assert (await ani.told("bye"))["code"] == "revoked"
    assert (await guest.told("bye"))["code"] == "revoked"
    assert [one.person_id for one in server.house.state.sessions.values()] == [CHAIR]
    with pytest.raises(socketio.exceptions.ConnectionError):
        await ani.connects()


async def test_who_leaves_is_gone_at_once(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    await ani.joins()
    assert "ok" in await ani.command("leave")
    assert server.house.state.sessions == {}


# ------------------------------------------------------------ slow and hostile


async def test_a_slow_watcher_slows_nobody_is_cut_and_loses_nothing(
    server: Server, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_FACTS", 50)
    slow, quick = browsers("participant"), browsers("chair")
    entered = await slow.joins()
    await quick.joins()
    slow.acknowledges = False
    for at in range(80):
        server.clock.advance(1_000)  # nobody types faster
        await quick.command("say", chat_id=f"c{at}", text=f"line {at}")
    assert [fact["text"] for fact in quick.facts() if fact["kind"] == "ChatSaid"][:80]
    await slow.told("disconnect")
    slow.acknowledges = True
    resumed = await slow.returns(entered["number"])
    said = [fact["text"] for fact in resumed["facts"] if fact["kind"] == "ChatSaid"]
    assert said == [f"line {at}" for at in range(80)]


async def test_a_flood_is_refused_and_then_cut(server: Server, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await ani.joins()
    await sri.joins()
    answers = await asyncio.gather(*(ani.command("raise_hand") for _ in range(100)))
    assert sum("ok" in answer for answer in answers) == 60
    assert {answer["error"]["code"] for answer in answers if "error" in answer} == {"rate.exceeded"}
    for _ in range(400):
        await ani.socket.emit("command", {"type": "raise_hand"}, namespace="/room")
    await ani.told("disconnect")
    assert "ok" in await sri.command("raise_hand")


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("command", None),
        ("command", {"type": "close_meeting", "by": CHAIR}),
        ("command", {"type": "join", "session_id": "x"}),
        ("command", {"type": "leave", "session_id": "x"}),
        ("command", (1, 2)),
        ("command", b"bytes"),
        ("media", {"type": "connect", "direction": "up", "dtls_parameters": {}}),
        ("enter", {"resume": {"session_id": "x"}}),
        ("connect", {"ticket": "chair"}),
        ("trigger_event", {}),
        ("emit", {}),
    ],
)
async def test_hostile_messages_change_nothing(server: Server, browsers: Browsers, event: str, payload: Any) -> None:
    ani = browsers("participant")
    await ani.joins()
    number = server.house.state.number
    if event == "connect":
        await ani.socket.emit(event, payload, namespace="/room")
    else:
        answer = await ani.ask(event, payload)
        assert answer["error"]["code"] == "message.invalid"
    assert "ok" in await ani.command("lower_hand", person_id=PARTICIPANT)
    assert server.house.state.number == number


async def test_nesting_that_would_exhaust_the_stack_hurts_nobody_else(server: Server, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await ani.joins()
    await sri.joins()
    await ani.socket.eio.ws.send_str("42/room,7" + "[" * 100_000)
    await ani.socket.eio.ws.send_str('42/room,["command","\\ud800"]')
    assert "ok" in await sri.command("raise_hand")


async def test_one_person_has_a_bounded_number_of_connections(browsers: Browsers) -> None:
    for _ in range(12):
        await browsers("participant").connects()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await browsers("participant").connects()
    await browsers("chair").joins()


# ------------------------------------------------------------ media


async def test_one_sends_what_is_switched_on_and_another_receives_it(server: Server, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await ani.joins()
    await sri.joins()
    await ani.command("set_microphone", session_id=ani.session_id, on=True)
    producer = (await ani.media("produce", source="microphone", kind="audio", rtp_parameters={}))["ok"]
    assert producer["session_id"] == ani.session_id
    consumer = (await sri.media("consume", producer_id=producer["producer_id"], capabilities={}))["ok"]
    assert set(consumer) == {"consumer_id", "producer_id", "kind", "rtp_parameters", "paused"}
    assert (await ani.media("pause", producer_id=producer["producer_id"], paused=True))["ok"] == {}
    assert not [entry for entry in server.plane.log if entry[0] == "set_paused" and entry[2] is False]


async def test_what_is_switched_off_is_not_forwarded(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    await ani.joins()
    producer = (await ani.media("produce", source="microphone", kind="audio", rtp_parameters={}))["ok"]
    assert ("set_paused", producer["producer_id"], True) in server.plane.log
    refused = await ani.media("pause", producer_id=producer["producer_id"], paused=False)
    assert refused["error"]["code"] == "media.switched_off"


async def test_nobody_touches_anothers_stream_or_sends_as_an_observer(browsers: Browsers) -> None:
    ani, sri, dewi = browsers("participant"), browsers("chair"), browsers("observer")
    for one in (ani, sri, dewi):
        await one.joins()
    await ani.command("set_camera", session_id=ani.session_id, on=True)
    producer = (await ani.media("produce", source="camera", kind="video", rtp_parameters={}))["ok"]
    for request in ({"type": "pause", "paused": True}, {"type": "unproduce"}):
        answer = await sri.ask("media", request | {"producer_id": producer["producer_id"]})
        assert answer["error"]["code"] == "media.producer"
    answer = await dewi.media("produce", source="camera", kind="video", rtp_parameters={})
    assert answer["error"]["code"] == "media.observer"
    answer = await ani.media("produce", source="camera", kind="audio", rtp_parameters={})
    assert answer["error"]["code"] == "media.parameters"
    answer = await sri.media("consume", producer_id="elsewhere", capabilities={})
    assert answer["error"]["code"] == "media.producer"


async def test_media_requests_reach_the_plane_for_ones_own_session(server: Server, browsers: Browsers) -> None:
    ani = browsers("participant")
    await ani.connects()
    assert (await ani.media("admit"))["error"]["code"] == "session.not_entered"
    await ani.enters()
    assert (await ani.media("admit"))["ok"]["epoch"] == "e1"
    assert (await ani.media("connect", direction="receive", dtls_parameters={"role": "client"}))["ok"] == {}
    assert (await ani.media("restart_ice", direction="send"))["ok"]["ice_parameters"]["password"] == "q"
    assert (await ani.media("view", views=[{"consumer_id": "c", "width_px": 320, "height_px": 180}]))["ok"] == {}
    assert (await ani.media("unconsume", consumer_id="c"))["ok"] == {}
    assert {entry[1] for entry in server.plane.log} == {ani.session_id}


async def test_hints_reach_those_they_are_for(server: Server, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await ani.joins()
    await sri.joins()
    server.watchers.hint(MEETING, Hint("consumer", {"consumer_id": "c"}), ani.session_id)
    server.watchers.hint(MEETING, Hint("speakers", {"levels": {}}))
    assert await sri.told("hint") == {"kind": "speakers", "values": {"levels": {}}}
    assert await ani.told("hint") == {"kind": "consumer", "values": {"consumer_id": "c"}}
