"""The bad line of tests/network does what its weather says."""

from __future__ import annotations

import random

from tests.network.line import HEADER_BYTES, Way, Weather

PACKET_BYTES = 1_000 - HEADER_BYTES


def outcomes(weather: Weather, every_ms: float, count: int = 5_000) -> list[tuple[float, float | None]]:
    """(when it went in, when it came out) in seconds."""
    way = Way(random.Random(3))  # noqa: S311
    at_s = [number * every_ms / 1000 for number in range(count)]
    return [(at, way.leaves_s(PACKET_BYTES, weather, at)) for at in at_s]


def test_fair_weather_changes_nothing() -> None:
    assert all(went == came for went, came in outcomes(Weather(), 1))


def test_so_many_are_lost() -> None:
    lost = sum(came is None for _, came in outcomes(Weather(loss=0.1), 1))
    assert 400 < lost < 600


def test_jitter_delays_and_keeps_the_order_unless_told_otherwise() -> None:
    for overtaking in (False, True):
        seen = outcomes(Weather(jitter_ms=50, overtaking=overtaking), 5)
        came = [one for _, one in seen if one is not None]
        assert len(came) == len(seen)
        assert all(0 <= one - went <= 0.050001 for went, one in zip((at for at, _ in seen), came, strict=True))
        assert (came == sorted(came)) is not overtaking
        assert len(set(came)) == len(came)  # an event loop takes what is due at one moment in any order


def test_a_thin_line_carries_its_rate_and_its_queue_is_bounded() -> None:
    weather = Weather(rate_bps=800_000, queue_ms=200)  # a packet of 1,000 bytes takes 10 ms
    seen = [(went, came) for went, came in outcomes(weather, 5) if came is not None]
    assert all(came - went <= 0.2101 for went, came in seen)
    assert 2_400 < len(seen) < 2_600  # half of 5,000, and what stood in the queue at the end
