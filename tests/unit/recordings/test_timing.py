"""Three hours on a fast clock: whatever a sender's clock does, its streams stay together and where they belong."""

from __future__ import annotations

from random import Random

import pytest

from recordings.timing import SenderTime, StreamTime

HOUR_US = 3_600_000_000
FOUNDED_US = 40_000
NTP_1970 = 2_208_988_800


class Sender:
    """Somebody with a clock that is `ahead_us` and runs `ppm` too fast, on a line with jitter."""

    def __init__(self, ppm: int, ahead_us: int, seed: int, delay_us: int = 20_000, jitter_us: int = 30_000) -> None:
        self.rate = 1 + ppm / 1_000_000
        self.ahead_us = ahead_us
        self.delay_us, self.jitter_us = delay_us, jitter_us
        self.chance = Random(seed)  # noqa: S311
        self.time = SenderTime()
        self.sound, self.picture = StreamTime(48_000, self.time), StreamTime(90_000, self.time)
        self.starts = {48_000: 0xFFFF_0000, 90_000: 0x1234_5678}

    def own_us(self, at_us: int) -> int:
        return int(at_us * self.rate) + self.ahead_us

    def timestamp(self, at_us: int, rate: int) -> int:
        return (self.starts[rate] + int(at_us * self.rate) * rate // 1_000_000) & 0xFFFF_FFFF

    def arrival(self, at_us: int) -> int:
        return at_us + self.delay_us + self.chance.randrange(self.jitter_us)

    def report(self, at_us: int) -> None:
        ntp = ((NTP_1970 * 1_000_000 + self.own_us(at_us)) << 32) // 1_000_000
        for stream, rate in ((self.sound, 48_000), (self.picture, 90_000)):
            stream.reported(ntp, self.timestamp(at_us, rate))

    def say(self, at_us: int) -> int:
        return self.sound.place(self.timestamp(at_us, 48_000), self.arrival(at_us)) - at_us

    def show(self, at_us: int) -> int:
        return self.picture.place(self.timestamp(at_us, 90_000), self.arrival(at_us) + 40_000) - at_us


@pytest.mark.parametrize("ppm", [-100, 0, 100])
@pytest.mark.parametrize("ahead_us", [0, 7_200_000_000, -5_000_000])
def test_three_hours_stay_within_forty_milliseconds(ppm: int, ahead_us: int) -> None:
    sender = Sender(ppm, ahead_us, seed=ppm)
    worst = apart = 0
    for step in range(3 * 3600):
        at_us = step * 1_000_000
        if step % 5 == 1:
            sender.report(at_us)
        placed = [(sender.say(at_us + part * 100_000), sender.show(at_us + part * 100_000)) for part in range(3)]
        if step > 10:
            worst = max(worst, *(abs(sound - sender.delay_us) for sound, _ in placed))
            apart = max(apart, *(abs(sound - picture) for sound, picture in placed))
    assert worst <= FOUNDED_US
    assert apart <= 10_000


def test_a_clock_that_was_set_anew_is_followed() -> None:
    sender = Sender(0, 0, seed=3)
    for step in range(60):
        sender.report(step * 1_000_000)
        sender.say(step * 1_000_000)
    sender.ahead_us = 90_000_000
    offsets = []
    for step in range(60, 120):
        sender.report(step * 1_000_000)
        offsets.append(sender.say(step * 1_000_000))
    assert abs(offsets[-1] - sender.delay_us) <= FOUNDED_US


def test_times_never_run_back() -> None:
    stream = StreamTime(90_000, SenderTime())
    chance = Random(5)  # noqa: S311
    placed = [stream.place(chance.randrange(1 << 32), number * 1000) for number in range(500)]
    assert placed == sorted(set(placed))
