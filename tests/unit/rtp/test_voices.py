"""In a large room a few are heard, and nobody who begins to speak loses a syllable."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from server.rtp.loudness import MOST_TURNS, Loudness
from server.rtp.voices import HOLD_MS, Voices

SILENCE, SPEECH, SOFT_VOICE = 127, 30, 0x80 | 62


class Room:
    def __init__(self, people: int, most: int = 3, above: int = 5) -> None:
        self.loudness = Loudness(Voices(most, above))
        self.names = [f"s{at:02}" for at in range(people)]
        self.now = 0

    def pass_ms(self, duration_ms: int, *speaking: str, level: int = SPEECH) -> dict[str, list[bool]]:
        """Who of those speaking was forwarded, packet by packet."""
        heard: dict[str, list[bool]] = {name: [] for name in speaking}
        for _ in range(duration_ms // 20):
            self.now += 20
            for name in self.names:
                passed = self.loudness.level(name, level if name in speaking else SILENCE, self.now)
                if name in speaking:
                    heard[name].append(passed)
            if self.now % 240 == 0:
                self.loudness.tick(self.now)
        return heard

    @property
    def forwarded(self) -> list[str]:
        return [name for name in self.names if self.loudness.voices.forwards(name)]


def test_a_small_room_hears_everybody() -> None:
    room = Room(5)
    room.pass_ms(1000)
    assert room.forwarded == room.names
    unlimited = Room(50, most=0)
    unlimited.pass_ms(1000)
    assert unlimited.forwarded == unlimited.names


def test_a_large_room_hears_the_first_packet_of_whoever_begins() -> None:
    room = Room(30)
    room.pass_ms(1000)
    assert len(room.forwarded) == 3
    for name in ("s29", "s07", "s15", "s28", "s03"):
        assert all(room.pass_ms(2000, name)[name])
        assert len(room.forwarded) == 3
        room.pass_ms(HOLD_MS + 100)


def test_a_soft_voice_is_heard_when_the_browser_knows_it_for_one() -> None:
    room = Room(30)
    room.pass_ms(1000)
    assert all(room.pass_ms(200, "s20", level=SOFT_VOICE)["s20"])
    assert not any(room.pass_ms(200, "s21", level=SOFT_VOICE & 0x7F)["s21"])


def test_who_speaks_is_not_put_out_by_a_cough_nor_by_a_pause_for_breath() -> None:
    room = Room(30)
    room.pass_ms(1000)
    three = ("s10", "s11", "s12")
    assert all(all(one) for one in room.pass_ms(3000, *three).values())
    room.pass_ms(100, *three, "s20")
    assert set(three) <= set(room.forwarded)
    room.pass_ms(HOLD_MS - 200)
    room.pass_ms(100, "s20")
    assert sum(name in room.forwarded for name in three) >= 2
    assert all(all(one) for one in room.pass_ms(1000, "s10", "s11").values())


def test_somebody_much_louder_is_heard_though_all_places_are_taken() -> None:
    room = Room(30)
    room.pass_ms(1000)
    quiet = ("s10", "s11", "s12")
    for _ in range(40):
        room.now += 20
        for name in room.names:
            room.loudness.level(name, 50 if name in quiet else 20 if name == "s20" else SILENCE, room.now)
        if room.now % 240 == 0:
            room.loudness.tick(room.now)
    assert "s20" in room.forwarded


def test_who_leaves_makes_room_and_a_room_that_shrinks_hears_all_again() -> None:
    room = Room(7)
    room.pass_ms(1000)
    gone = room.forwarded[0]
    room.loudness.remove(gone)
    room.names.remove(gone)
    assert all(room.pass_ms(100, room.names[-1])[room.names[-1]])
    for name in room.names[:2]:
        room.loudness.remove(name)
    room.names = room.names[2:]
    room.pass_ms(500)
    assert room.forwarded == room.names


def test_turns_are_remembered_in_their_order() -> None:
    room = Room(10)
    for name in ("s01", "s02", "s03"):
        room.pass_ms(2400, name)
    assert [room.loudness.place(name) for name in ("s03", "s02", "s01", "s09")] == [0, 1, 2, MOST_TURNS]
    room.loudness.remove("s03")
    assert room.loudness.place("s02") == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 255), st.integers(0, 700)), max_size=120))
def test_never_more_than_the_limit(packets: list[tuple[int, int, int]]) -> None:
    room = Room(20)
    room.pass_ms(500)
    for who, level, step in packets:
        room.now += step
        room.loudness.level(room.names[who], level, room.now)
        room.loudness.tick(room.now)
        assert len(room.forwarded) <= 3
