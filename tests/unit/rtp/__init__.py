"""Tests of the packet arithmetic: no clock, no loop, no socket."""

#: where every test of sequence numbers starts: around the wrap at 2**16, and around the sign of a 16-bit difference
STARTS = (0, 1, 2, 5, 100, 32766, 32767, 32768, 32769, 65000, 65530, 65533, 65534, 65535)
