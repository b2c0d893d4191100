"""Bytes as a row of choices, so that a fuzzer's bytes become structured inputs. Runs out into zeros."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Choices:
    """Reads `data` from its start; never raises."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        at = self._at
        self._at = at + 1
        return self._data[at] if at < len(self._data) else 0

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size).ljust(size, b"\0"), "big")

    def take(self, size: int) -> bytes:
        at = self._at
        self._at = at + size
        return self._data[at : at + size]

    def one_of(self, options: Sequence[_T]) -> _T:
        return options[self.byte() % len(options)]

    def rest(self) -> bytes:
        return self.take(len(self._data))

    @property
    def left(self) -> int:
        return max(0, len(self._data) - self._at)
