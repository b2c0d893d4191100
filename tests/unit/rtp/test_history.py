"""What was sent can be found again for a while, and is not sent again without measure."""

from __future__ import annotations

import pytest

from server.rtp.history import MAX_RESENDS, SIZE, History, Sent
from server.rtp.keyframes import GIVE_UP_MS, KeyFrameRequests
from tests.unit.rtp import STARTS


@pytest.mark.parametrize("start", STARTS)
def test_the_last_1024_are_found(start: int) -> None:
    history = History()
    assert history.find(start) is None
    for n in range(SIZE + 5):
        history.put((start + n) & 0xFFFF, n, 0xFFFFFFFF - n, n & 0x7FFF, n & 0xFF)
    assert history.find((start + 4) & 0xFFFF) is None
    for n in (5, 6, SIZE + 4):
        assert history.find((start + n) & 0xFFFF) == Sent(n, 0xFFFFFFFF - n, n & 0x7FFF, n & 0xFF)
    history.clear()
    assert history.find((start + 6) & 0xFFFF) is None


@pytest.mark.parametrize("start", STARTS)
def test_resending_waits_a_round_trip_and_ends(start: int) -> None:
    history = History()
    history.put(start, 0, 0)
    sent_at = [now for now in range(0, 5000, 10) if history.resend(start, now, 100)]
    assert sent_at == [100 * n for n in range(MAX_RESENDS)]
    history.put(start, 1, 0)
    assert history.resend(start, 5000, 100) == Sent(1, 0, -1, -1)
    assert history.resend((start + 1) & 0xFFFF, 0, 100) is None


@pytest.mark.parametrize("numbers", [(0, 0), (0x7FFF, 0xFF), (-1, -1), (3, -1), (-1, 4)])
def test_extreme_numbers_are_kept(numbers: tuple[int, int]) -> None:
    history = History()
    history.put(0, 2**40 - 1, 0xFFFFFFFF, *numbers)
    assert history.find(0) == Sent(2**40 - 1, 0xFFFFFFFF, *numbers)


def test_a_key_frame_is_asked_for_four_times_a_second_until_it_comes() -> None:
    requests = KeyFrameRequests()
    assert requests.ask(0)
    sent = [now for now in range(10, 2000, 10) if requests.ask(now)]
    assert sent == [250, 500, 750, 1000, 1250, 1500, 1750]
    assert requests.due(2000)
    requests.arrived(2050)
    assert not requests.pending
    assert not requests.due(5000)
    assert requests.arrived_ms == 2050


def test_a_request_right_after_the_key_frame_waits_its_turn() -> None:
    requests = KeyFrameRequests()
    assert requests.ask(0)
    requests.arrived(100)
    assert not requests.ask(110)
    assert not requests.due(490)
    assert requests.due(500)
    requests.arrived(600)
    assert [now for now in range(610, 5_000, 10) if requests.ask(now) and not requests.arrived(now)] == [
        *range(1_000, 5_000, 500)
    ]


def test_a_silent_sender_is_not_asked_for_ever() -> None:
    requests = KeyFrameRequests()
    requests.ask(0)
    assert not requests.due(GIVE_UP_MS + 1)
    assert requests.ask(GIVE_UP_MS + 2)
