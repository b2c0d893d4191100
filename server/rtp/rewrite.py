"""One viewer's continuity for one stream: sequence numbers, timestamps, picture ids over switches and drops. No I/O."""

from __future__ import annotations

from typing import NamedTuple

from server.rtp.packet import timestamp_diff

#: libsrtp's replay window: what lies further behind can no longer be protected
LATE_LIMIT = 1000
#: renumberings remembered for late packets; with two temporal layers dropped at 30 fps this is three seconds
MAX_STEPS = 64
#: when sender reports and the wall clock disagree by more, the reports are wrong
CLOCK_TRUST_MS = 3000


class SenderClock(NamedTuple):
    """A sender report's pair: ntp (64-bit 32.32 fixed point), rtp (32-bit)."""

    ntp: int
    rtp: int


class _Numbering:
    """Source numbers (unwrapped) to output numbers: one shift, that grows smaller by one for each number taken out.

    Remembers the last steps, so that a late number still finds the shift of its time, and one taken out stays out.
    How many bits of a number were sent is told with each of them (RFC 7741 4.2: a picture id's 7 or 15 may change).
    """

    __slots__ = ("base", "highest", "shift", "steps")

    def __init__(self) -> None:
        self.base = self.highest = self.shift = 0
        self.steps: list[tuple[int, int, int]] = []  # (first taken out, first after it, shift before), ascending

    def restart(self, value: int, output: int) -> None:
        """`value` is the first of a new source and becomes `output`."""
        self.base = self.highest = value + 0x10000  # what is late at the very start stays positive
        self.shift = output - self.base
        self.steps.clear()

    def unwrap(self, value: int, bits: int) -> int:
        half = 1 << (bits - 1)
        return self.highest + ((value - self.highest + half) & ((1 << bits) - 1)) - half

    def late(self, unwrapped: int) -> int | None:
        """Output of a number that is not the highest; None when it was taken out, or is older than memory."""
        if unwrapped < self.base:
            return None
        shift = self.shift
        for first, after, before in reversed(self.steps):
            if unwrapped >= after:
                return unwrapped + shift
            if unwrapped >= first:
                return None
            shift = before
        return None if len(self.steps) >= MAX_STEPS else unwrapped + shift

    def take_out(self, unwrapped: int) -> None:
        """The highest number so far is not forwarded."""
        steps = self.steps
        if steps and steps[-1][1] == unwrapped:
            first, _, before = steps[-1]
            steps[-1] = (first, unwrapped + 1, before)
        else:
            if len(steps) >= MAX_STEPS:
                del steps[0]
            steps.append((unwrapped, unwrapped + 1, self.shift))
        self.shift -= 1
        self.highest = unwrapped


class Rewriter:
    """Give every packet either to `switch` (first packet of a new source), `forward`, or `drop`.

    most_missing: a source whose numbers jump farther ahead of what was forwarded goes on with the next number, as if it
    began anew (RFC 3550 A.1: MAX_DROPOUT). SRTP takes a jump of half of all numbers for one back: two packets would be
    encrypted under one.

    Duplicates must have been removed before (nack.NackGenerator.receive does). After forward or switch the attributes
    timestamp, picture_id and tl0 hold the numbers to write beside the returned sequence number (picture_id and tl0 are
    -1 when the packet has none). picture_id always comes out in 15 bits; a packet that carries 7 takes the lowest 7.
    """

    __slots__ = (
        "_clock_rate",
        "_last_ms",
        "_last_picture",
        "_last_timestamp",
        "_last_tl0",
        "_most_missing",
        "_next",
        "_out",
        "_pictures",
        "_sequences",
        "_timestamp_shift",
        "_tl0_shift",
        "picture_id",
        "started",
        "timestamp",
        "tl0",
    )

    def __init__(self, *, clock_rate: int, first_sequence: int = 0, most_missing: int = 0x8000) -> None:
        self._clock_rate = clock_rate
        self._most_missing = most_missing
        self._sequences = _Numbering()
        self._pictures: _Numbering | None = None
        # One wrap up, so that what is late at the very start stays positive.
        self._next = first_sequence + 0x10000
        self._out = self._next - 1  # the highest that was given to a packet
        self._timestamp_shift = self._last_timestamp = self._last_ms = 0
        self._last_picture = self._last_tl0 = -1
        self._tl0_shift = 0
        #: False until the first switch; forward and drop are not to be called before
        self.started = False
        self.timestamp = 0
        self.picture_id = -1
        self.tl0 = -1

    def switch(
        self,
        sequence: int,
        timestamp: int,
        now_ms: int,
        *,
        old: SenderClock | None = None,
        new: SenderClock | None = None,
        picture_id: int = -1,
        tl0: int = -1,
        tl0_step: int = 1,
        picture_step: int = 1,
    ) -> int:
        """First packet ever, or of another source (layer, producer), or after a pause: for video a key frame's start.

        old, new: the sender clocks of the source left and of this one; give them only when both are of ONE sender.
        tl0_step: how far TL0PICIDX is from the last one; 0 when this frame builds upon that very base frame.
        picture_step: how far the picture id is from the last one; more than 1 only where it tells references.
        Returns the output sequence number: always the last one plus 1.
        """
        if self.started:
            self._timestamp_shift = self._shift_at_switch(timestamp, now_ms, old, new)
        self.started = True
        output = self._next
        self._next = output + 1
        self._out = output
        self._sequences.restart(sequence, output)
        self.timestamp = self._last_timestamp = (timestamp + self._timestamp_shift) & 0xFFFFFFFF
        self._last_ms = now_ms
        self._switch_pictures(picture_id, picture_step)
        self.tl0 = -1
        if tl0 >= 0:
            self.tl0 = self._last_tl0 = tl0 if self._last_tl0 < 0 else (self._last_tl0 + tl0_step) & 0xFF
            self._tl0_shift = self.tl0 - tl0
        return output & 0xFFFF

    def _switch_pictures(self, picture_id: int, step: int) -> None:
        self.picture_id = -1
        self._pictures = None
        if picture_id < 0:
            return
        self._pictures = _Numbering()
        first = self._last_picture + step if self._last_picture >= 0 else picture_id + 0x8000
        self._pictures.restart(picture_id, first)
        self._last_picture = first
        self.picture_id = first & 0x7FFF

    def _shift_at_switch(self, timestamp: int, now_ms: int, old: SenderClock | None, new: SenderClock | None) -> int:
        """What to add to the new source's RTP time so that its picture stands where the sender's clock says."""
        elapsed = max(0, now_ms - self._last_ms) * self._clock_rate // 1000
        wanted = self._last_timestamp + elapsed
        if old is not None and new is not None:
            ticks = (new.ntp - old.ntp) * self._clock_rate >> 32
            by_reports = timestamp + old.rtp + self._timestamp_shift + ticks - new.rtp
            if abs(timestamp_diff(by_reports, wanted)) * 1000 <= CLOCK_TRUST_MS * self._clock_rate:
                wanted = by_reports
        if timestamp_diff(wanted, self._last_timestamp) <= 0:
            wanted = self._last_timestamp + 1
        return (wanted - timestamp) & 0xFFFFFFFF

    def forward(  # noqa: PLR0917 - called for each packet: keywords cost
        self, sequence: int, timestamp: int, now_ms: int, picture_id: int = -1, tl0: int = -1, picture_bits: int = 15
    ) -> int:
        """Output sequence number, or -1: drop it (older than the switch, taken out, or too late for SRTP's window).

        picture_bits: in how many the packet carries its picture id, 7 or 15.
        """
        numbers = self._sequences
        highest = numbers.highest
        unwrapped = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
        self.timestamp = stamp = (timestamp + self._timestamp_shift) & 0xFFFFFFFF
        if unwrapped > highest:
            numbers.highest = unwrapped
            output = unwrapped + numbers.shift
            if output - self._out > self._most_missing:
                output = self._out + 1
                numbers.restart(sequence, output)
            self._out = output
            self._next = output + 1
            if (stamp - self._last_timestamp) & 0xFFFFFFFF < 0x80000000:
                self._last_timestamp = stamp
                self._last_ms = now_ms
        else:
            output = self._late(unwrapped)
            if output < 0:
                return -1
        if picture_id >= 0:
            self.picture_id = self._out_picture(picture_id, picture_bits)
            self.tl0 = self._out_tl0(tl0) if tl0 >= 0 else -1
        else:
            self.picture_id = -1
            self.tl0 = self._out_tl0(tl0) if tl0 >= 0 else -1
        return output & 0xFFFF

    def constants(self) -> tuple[int, int, int, int]:
        """(sequence, timestamp, picture id, tl0): what is added to the numbers of all that comes in order from here.

        Until the next switch or drop. Whoever adds them by itself calls `forward` with the last such packet later.
        """
        pictures = self._pictures
        return (
            self._sequences.shift & 0xFFFF,
            self._timestamp_shift & 0xFFFFFFFF,
            0 if pictures is None else pictures.shift & 0x7FFF,
            self._tl0_shift & 0xFF,
        )

    def _out_picture(self, picture_id: int, bits: int) -> int:
        pictures = self._pictures
        if pictures is None:
            return picture_id
        unwrapped = pictures.unwrap(picture_id, bits)
        if unwrapped >= pictures.highest:
            pictures.highest = unwrapped
            output = unwrapped + pictures.shift
            self._last_picture = output
        else:
            late = pictures.late(unwrapped)
            output = unwrapped + pictures.shift if late is None else late
        return output & 0x7FFF

    def _out_tl0(self, tl0: int) -> int:
        out = (tl0 + self._tl0_shift) & 0xFF
        if self._last_tl0 < 0 or (out - self._last_tl0) & 0xFF < 0x80:
            self._last_tl0 = out
        return out

    def drop(self, sequence: int, picture_id: int = -1, picture_bits: int = 15) -> int:
        """This packet is not forwarded (padding only, temporal layer): close the gap by renumbering what follows.

        Returns -1 when the gap is closed; else (it came late, its number was already kept free) that output number,
        which may be filled with an empty packet so that the viewer does not ask for it. picture_id only when the whole
        frame goes.
        """
        numbers = self._sequences
        unwrapped = numbers.unwrap(sequence, 16)
        if picture_id >= 0 and self._pictures is not None:
            picture = self._pictures.unwrap(picture_id, picture_bits)
            if picture > self._pictures.highest:
                self._pictures.take_out(picture)
                self._last_picture = picture + self._pictures.shift
        if unwrapped > numbers.highest:
            numbers.take_out(unwrapped)
            self._next = unwrapped + numbers.shift + 1
            return -1
        late = self._late(unwrapped)
        return -1 if late < 0 else late & 0xFFFF

    def _late(self, unwrapped: int) -> int:
        """The number that was kept for one that others went past, -1 when there is none that may still be used."""
        late = self._sequences.late(unwrapped)
        if late is None or self._next - late > LATE_LIMIT or late - self._out > self._most_missing:
            return -1
        self._out = max(self._out, late)
        return late

    def kept_picture(self, picture_id: int, picture_bits: int) -> bool:
        """Was a number kept free for this picture when others went past it? (Nothing of it was known to be dropped.)"""
        pictures = self._pictures
        if pictures is None or picture_id < 0:
            return False
        unwrapped = pictures.unwrap(picture_id, picture_bits)
        return unwrapped < pictures.highest and pictures.late(unwrapped) is not None

    def out_timestamp(self, timestamp: int) -> int:
        """A source RTP time in the viewer's time (for sender reports)."""
        return (timestamp + self._timestamp_shift) & 0xFFFFFFFF
