"""How good a line is, and that the mark for it does not flicker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp import rtcp
from server.sfu import link
from server.sfu.quality import CALM, Heard, Quality, Steady, quality
from tests.unit.sfu.hall import Hall

LEVELS = ("good", "fair", "poor")


@pytest.mark.parametrize(
    ("lost", "delay_ms", "starved", "told"),
    [
        (0, 20, False, Quality()),
        (8, 20, False, Quality("fair", "loss")),
        (26, 20, False, Quality("poor", "loss")),
        (0, 250, False, Quality("fair", "delay")),
        (8, 500, False, Quality("poor", "delay")),
        (0, 20, True, Quality("fair", "bandwidth")),
        (26, 20, True, Quality("poor", "loss")),
    ],
)
def test_the_worst_reason_is_named(lost: int, delay_ms: int, starved: bool, told: Quality) -> None:
    assert quality(lost, delay_ms, starved=starved) == told


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 3000), st.booleans()), max_size=60))
def test_worse_is_told_at_once_and_better_only_when_it_lasts(looks: list[tuple[int, int, bool]]) -> None:
    steady = Steady()
    calm = 0
    for lost, delay_ms, starved in looks:
        before, now = steady.told, quality(lost, delay_ms, starved=starved)
        fresh = steady.look(now)
        better = LEVELS.index(now.level) < LEVELS.index(before.level)
        calm = calm + 1 if better else 0
        if better:
            assert fresh == (now if calm == CALM else None)
            calm = 0 if fresh else calm
        else:
            assert fresh == (None if now == before else now)
        assert steady.told == (fresh or before)


def test_wishes_are_counted() -> None:
    heard = Heard()
    for packet in (rtcp.Nack(1, 2, (3, 4, 5)), rtcp.Pli(1, 2), rtcp.Pli(1, 2), rtcp.Remb(1, (2,), 1000)):
        heard.take(packet)
    assert (heard.wanted_packets, heard.wanted_key_frames) == (3, 2)


def test_a_viewer_that_loses_much_is_told_of_and_what_went_is_counted() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    picture = int(budi.watch(camera).rtp_parameters["encodings"][0]["ssrc"])
    for number in range(15):
        camera.frame(key=number == 0)
    assert len(budi.hear()) == 30
    block = rtcp.ReportBlock(picture, 64, 10, 30, 0, 0, 0)
    budi.receiving.send(rtcp.build(rtcp.ReceiverReport(1, (block,))))
    hall.pass_ms(1000)
    [told] = hall.told(link.LineQuality)
    assert told == link.LineQuality("rapat", "budi", "poor", "loss")
    counts = hall.exchange.tally()
    assert (counts.packets_in, counts.lost_in, counts.packets_out) == (30, 0, 30)
    assert counts.bytes_out > counts.bytes_in > 0
    hall.exchange.dismiss("ani")
    hall.exchange.dismiss("budi")
    assert hall.exchange.tally() == counts
