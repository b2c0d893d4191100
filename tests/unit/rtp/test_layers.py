"""What a viewer sees: the right size for the room there is, and no flicker between two of them."""

from __future__ import annotations

from itertools import pairwise

from server.rtp.bandwidth import LEAST_BPS, START_BPS, ViewerBandwidth
from server.rtp.layers import HOLD, PASS, SWITCH, Choice, Layer, LayerSwitch, choose
from server.rtp.loudness import Loudness

CAMERA = (
    Layer(0, 320, 180, (60_000, 90_000, 150_000)),
    Layer(1, 640, 360, (200_000, 300_000, 500_000)),
    Layer(2, 1280, 720, (1_000_000, 1_500_000, 2_500_000)),
)
PLENTY = 10_000_000


def test_a_viewer_gets_the_layer_its_tile_needs() -> None:
    for shown, spatial in ((120, 0), (225, 0), (226, 1), (450, 1), (451, 2), (2000, 2)):
        choice = choose(CAMERA, shown_height_px=shown, available_bps=PLENTY, current=None)
        assert choice is not None
        assert (choice.spatial, choice.temporal) == (spatial, 2)


def test_a_tile_that_hovers_keeps_its_layer() -> None:
    current = Choice(1, 2, 500_000)
    for shown, spatial in ((230, 1), (220, 1), (200, 1), (190, 0)):
        choice = choose(CAMERA, shown_height_px=shown, available_bps=PLENTY, current=current)
        assert choice is not None
        assert choice.spatial == spatial


def test_a_screen_is_given_more_pixels_than_it_is_shown_with() -> None:
    """What is read must not be blown up; a thin line still gets the small layer."""
    screen = (Layer(0, 960, 540, (200_000,)), Layer(1, 1920, 1080, (800_000, 1_200_000)))
    for shown, available, wanted in ((200, PLENTY, 0), (300, PLENTY, 1), (600, PLENTY, 1), (600, 250_000, 0)):
        choice = choose(screen, shown_height_px=shown, available_bps=available, current=None, sharp=True)
        assert choice is not None
        assert choice.spatial == wanted


def test_a_narrow_line_gets_less_and_a_hidden_tile_nothing() -> None:
    def get(available: int, *, sharp: bool = False) -> tuple[int, int] | None:
        choice = choose(CAMERA, shown_height_px=720, available_bps=available, current=None, sharp=sharp)
        return None if choice is None else (choice.spatial, choice.temporal)

    assert get(2_000_000) == (2, 1)
    assert get(1_200_000) == (1, 2)
    assert get(1_200_000, sharp=True) == (2, 0)
    assert get(70_000) == (0, 0)
    assert get(10_000) is None
    assert choose(CAMERA, shown_height_px=0, available_bps=PLENTY, current=None) is None
    assert choose((), shown_height_px=720, available_bps=PLENTY, current=None) is None


def test_going_up_needs_more_room_than_staying() -> None:
    low, high = Choice(1, 2, 500_000), Choice(2, 1, 1_500_000)
    assert choose(CAMERA, shown_height_px=720, available_bps=1_600_000, current=low) == low
    assert choose(CAMERA, shown_height_px=720, available_bps=1_600_000, current=high) == high
    assert choose(CAMERA, shown_height_px=720, available_bps=1_450_000, current=high) == high


def test_the_old_layer_flows_until_the_key_frame() -> None:
    switch = LayerSwitch()
    assert switch.want(0, 2)
    assert switch.passes(0, False) == HOLD
    assert switch.passes(0, True) == SWITCH
    assert switch.passes(0, False) == PASS
    assert switch.want(2, 2)
    assert not switch.want(2, 2)
    assert (switch.passes(0, False), switch.passes(2, False), switch.passes(1, True)) == (PASS, HOLD, HOLD)
    assert switch.waiting
    assert switch.passes(2, True) == SWITCH
    assert (switch.passes(0, True), switch.passes(2, True)) == (HOLD, PASS)
    assert not switch.want(-1, 0)
    assert switch.passes(2, True) == HOLD


def test_temporal_layers_rise_one_by_one_at_sync_points() -> None:
    switch = LayerSwitch()
    switch.want(0, 0)
    switch.passes(0, True)
    assert not switch.passes_temporal(2, True, True)
    switch.want(0, 2)
    assert not switch.passes_temporal(2, True, True)
    assert not switch.passes_temporal(1, True, False)
    assert switch.passes_temporal(1, True, True)
    assert switch.passes_temporal(1, False, False)
    assert switch.passes_temporal(2, True, True)
    switch.want(0, 1)
    assert switch.passes_temporal(2, False, False)  # in the middle of a frame
    assert switch.passes_temporal(2, True, False)  # not where one begins that goes: the next packet may be lost
    assert switch.passes_temporal(1, True, False)
    assert not switch.passes_temporal(2, True, False)


def test_a_remb_near_its_cap_is_no_alarm_and_room_is_found_by_trying() -> None:
    line = ViewerBandwidth()
    assert line.available_bps() == START_BPS
    sent = 1_000_000
    for now in range(0, 6000, 500):
        line.sent(sent, now)
        line.remb(sent * 3 // 2, now)
        sent = min(line.available_bps(), 6_000_000)
    assert line.available_bps() > 5_000_000


def test_a_low_remb_that_grows_is_only_a_browser_that_was_sent_little() -> None:
    line = ViewerBandwidth()
    line.sent(1_400_000, 0)
    for now, bitrate_bps in ((0, 300_000), (500, 312_000), (1000, 324_000)):
        line.remb(bitrate_bps, now)
    assert line.available_bps() == START_BPS


def test_a_remb_that_falls_below_what_is_sent_is_believed_at_once() -> None:
    line = ViewerBandwidth()
    line.sent(1_400_000, 0)
    line.remb(2_000_000, 0)
    line.remb(600_000, 100)
    assert line.available_bps() == 570_000
    for now in range(500, 3500, 500):
        line.sent(500_000, now)
    assert line.available_bps() == 570_000
    for now in range(3500, 20_000, 500):
        line.sent(500_000, now)
    assert 570_000 < line.available_bps() < 1_300_000


def test_each_failed_attempt_makes_the_next_rarer() -> None:
    line = ViewerBandwidth()
    line.remb(2_000_000, 0)
    alarms: list[int] = []
    for now in range(0, 200_000, 500):
        line.sent(line.available_bps(), now)
        crowded = line.available_bps() > 1_000_000
        line.remb(900_000 if crowded else line.available_bps() * 3 // 2, now)
        if crowded:
            alarms.append(now)
    gaps = [after - before for before, after in pairwise(alarms)]
    assert len(alarms) < 12
    assert gaps[:3] == sorted(gaps[:3])


def test_heavy_loss_reduces_and_some_loss_holds() -> None:
    line = ViewerBandwidth()
    line.sent(1_000_000, 0)
    line.loss(51, 100)
    assert 880_000 <= line.available_bps() <= 910_000
    line.loss(255, 200)
    assert 880_000 <= line.available_bps() <= 910_000
    for now in range(2000, 60_000, 1000):
        line.loss(255, now)
    assert line.available_bps() == LEAST_BPS


def speak(room: Loudness, levels: dict[str, int], start_ms: int, end_ms: int) -> list[str | None]:
    speakers: list[str | None] = []
    for now in range(start_ms, end_ms, 20):
        for source, level in levels.items():
            room.level(source, level, now)
        if now % 100 == 0 and room.tick(now):
            speakers.append(room.speaker)
    return speakers


def test_who_is_loudest_has_the_turn_and_silence_does_not_take_it() -> None:
    room = Loudness()
    assert speak(room, {"a": 127, "b": 120}, 0, 1000) == []
    assert speak(room, {"a": 30, "b": 120}, 1000, 3000) == ["a"]
    assert room.speaking == ("a",)
    speak(room, {"a": 127, "b": 127}, 3000, 8000)
    silent = room.speaking
    assert (room.speaker, len(silent)) == ("a", 0)
    speak(room, {"a": 127, "b": 35}, 8000, 9000)
    assert room.speaker == "b"


def test_a_cough_does_not_take_the_turn() -> None:
    room = Loudness()
    speak(room, {"a": 35}, 0, 3000)
    speak(room, {"a": 35, "b": 20}, 3000, 3200)
    speak(room, {"a": 35, "b": 127}, 3200, 5000)
    assert room.speaker == "a"
    speak(room, {"a": 45, "b": 20}, 5000, 7000)
    assert room.speaker == "b"


def test_a_little_louder_is_not_enough_for_a_turn() -> None:
    room = Loudness()
    speak(room, {"a": 35}, 0, 3000)
    speak(room, {"a": 35, "b": 32}, 3000, 8000)
    assert room.speaker == "a"


def test_who_leaves_or_is_muted_speaks_no_more() -> None:
    room = Loudness()
    speak(room, {"a": 30}, 0, 2000)
    assert room.tick(2500)
    assert room.speaking == ()
    room.remove("a")
    assert room.tick(2600)
    assert room.speaker is None
