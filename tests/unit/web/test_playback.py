"""Where the record stands in a recording with a pause: at its second, or at the card of what was not recorded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recordings.library import Composed
from recordings.speaker import Speech
from recordings.timeline import Part
from server.meeting import commands
from server.meeting.attendance import attendance
from server.meeting.recording import Composition
from tests.factories import ALICE, BUDI, CHAIR, OFFICE, SECRETARY, Ledger, actor, plan
from web.playback import WIDE, playback

MINUTE_MS = 60_000


def composed(*stretches: tuple[int, int]) -> Composed:
    """Recorded from .. until (Unix ms), a card of three seconds between."""
    parts: list[Part] = []
    at_ms = 0
    for from_ms, until_ms in stretches:
        if parts:
            before = parts[-1].until_wall_ms
            parts.append(Part(at_ms=at_ms, length_ms=3_000, wall_ms=before, until_wall_ms=from_ms, card="paused"))
            at_ms += 3_000
        parts.append(
            Part(at_ms=at_ms, length_ms=until_ms - from_ms, wall_ms=from_ms, until_wall_ms=until_ms, recording_id="r")
        )
        at_ms += until_ms - from_ms
    return Composed(Composition("c1", "whole", "", 0, status="made"), at_ms, (), tuple(parts))


def story() -> tuple[Ledger, int]:
    """A meeting of ten minutes; one talks each minute, and at the fifth a decision falls."""
    ledger = Ledger()
    ledger.wish(plan(), OFFICE)
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    began_ms = ledger.now_ms
    for number, person_id in enumerate((CHAIR, SECRETARY, ALICE)):
        ledger.wish(commands.Join(f"s{number}"), actor(person_id))
        ledger.wish(commands.ConfirmPresence(f"s{number}", "act"), actor(person_id))
    ledger.wish(commands.OpenItem("i1"), actor(CHAIR))
    for minute in range(1, 10):
        ledger.now_ms = began_ms + minute * MINUTE_MS
        ledger.wish(commands.Say(f"c{minute}", f"menit {minute}"), actor(ALICE))
        if minute == 5:
            ledger.wish(commands.RecordDecision("d1", "i1", "Disetujui", "mufakat"), actor(SECRETARY))
            ledger.wish(commands.OpenItem("i2"), actor(CHAIR))
    ledger.now_ms = began_ms + 10 * MINUTE_MS
    return ledger, began_ms


def test_a_decision_in_a_pause_stands_at_its_card_and_chat_in_it_nowhere() -> None:
    ledger, began = story()
    film = composed((began, began + 3 * MINUTE_MS), (began + 7 * MINUTE_MS, began + 10 * MINUTE_MS))
    made = playback(ledger.state, attendance(ledger.facts, ledger.now_ms), film, [])
    [decision] = [one for one in made.cues if one.kind == "decision"]
    assert (decision.cue_id, decision.at_ms, decision.number) == ("decision-d1", 3 * MINUTE_MS, 1)
    chat = {one.text: one.at_ms for one in made.cues if one.kind == "chat"}
    assert list(chat) == ["menit 1", "menit 2", "menit 7", "menit 8", "menit 9"]
    assert abs(chat["menit 8"] - (4 * MINUTE_MS + 3_000)) < 1_000
    assert [one.item.item_id for one in made.chapters] == ["i1", "i2"]
    assert made.chapters[0].until_ms == 3 * MINUTE_MS
    assert [one.at_ms for one in made.cues] == sorted(one.at_ms for one in made.cues)


def test_bars_tell_who_was_there_and_who_spoke() -> None:
    ledger, began = story()
    film = composed((began, began + 10 * MINUTE_MS))
    speeches = [Speech(ALICE, 60_000, 90_000), Speech("room-9", 0, 1_000)]
    made = playback(ledger.state, attendance(ledger.facts, ledger.now_ms), film, speeches)
    rows = {one.person_id: one for one in made.rows}
    assert set(rows) == {CHAIR, SECRETARY, ALICE}, "nobody who was not there"
    assert BUDI not in rows
    assert rows[ALICE].spoke == ((60_000, 90_000),)
    assert made.x(made.length_ms) == WIDE


@given(st.integers(0, 9), st.integers(1, 10))
def test_whatever_was_recorded_everything_lies_within_the_film(first: int, length: int) -> None:
    ledger, began = story()
    from_ms = began + first * MINUTE_MS
    film = composed((from_ms, from_ms + length * MINUTE_MS))
    made = playback(ledger.state, attendance(ledger.facts, ledger.now_ms), film, [])
    moments = [cue.at_ms for cue in made.cues] + [at for row in made.rows for span in row.there for at in span]
    assert all(0 <= at <= made.length_ms for at in moments)
    assert all(span[0] < span[1] for row in made.rows for span in row.there)
