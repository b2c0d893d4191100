"""What is told to many in the very same words, and written out once for all of them. It sends nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

P = TypeVar("P")


class Shared(dict[str, Any], Generic[P]):
    """A payload as any other, that remembers its packets. Nobody may change it once it was told."""

    __slots__ = ("_packets",)

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__(payload)
        self._packets: Sequence[P] | None = None

    def packets(self, write: Callable[[dict[str, Any]], Sequence[P]]) -> Sequence[P]:
        """`write` is asked once."""
        if self._packets is None:
            self._packets = write(self)
        return self._packets
