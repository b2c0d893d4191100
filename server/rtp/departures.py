"""What went to one viewer under each transport-wide number, and when: one store per packet, no payload looked at."""

from __future__ import annotations

from array import array

KEPT = 4096  # numbers remembered, a power of two: two seconds and a half of a room of sixteen
MASK = KEPT - 1
SIZE_BITS = 12  # a packet's bytes; the time stands above them
_SIZE_MASK = (1 << SIZE_BITS) - 1


class Departures:
    """One per viewer. The path of a packet adds one to `counter[0]` and writes `log[number & MASK]` by itself."""

    __slots__ = ("counter", "log")

    def __init__(self) -> None:
        #: one number, where the compiled path can count too: `next`
        self.counter = array("Q", (1,))
        #: slot -> us << SIZE_BITS | bytes, 0 when it was told already or never sent
        self.log = array("Q", bytes(8 * KEPT))

    @property
    def next(self) -> int:
        """The next packet's number, not wrapped; its low 16 bits go into the packet."""
        return self.counter[0]

    def add(self, now_us: int, size: int) -> int:
        """One packet of `size` bytes leaves; returns its number, 16 bits."""
        number = self.counter[0]
        self.counter[0] = number + 1
        self.log[number & MASK] = now_us << SIZE_BITS | size
        return number & 0xFFFF

    def unwrap(self, number: int) -> int:
        """The not wrapped number that a feedback means by `number`: the newest one that was sent; -1 when none was."""
        newest = self.next - 1
        unwrapped = newest - ((newest - number) & 0xFFFF)
        return unwrapped if unwrapped > 0 and newest - unwrapped < KEPT else -1

    def take(self, unwrapped: int) -> tuple[int, int]:
        """(us, bytes) of a number from `unwrap`, once; (0, 0) when it was taken already."""
        slot = unwrapped & MASK
        entry = self.log[slot]
        self.log[slot] = 0
        return entry >> SIZE_BITS, entry & _SIZE_MASK

    def look(self, unwrapped: int) -> tuple[int, int]:
        """The same, and it stays: a lost packet may still be told of as arrived."""
        entry = self.log[unwrapped & MASK]
        return entry >> SIZE_BITS, entry & _SIZE_MASK
