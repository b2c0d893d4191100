"""SSRCs and mids that no two streams of one media process share. Nothing here knows what they are for."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

MID_LENGTH = 3
_MID_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Numbers:
    """SSRCs and mids that are unique in this media process."""

    def __init__(self) -> None:
        self._ssrcs: set[int] = set()
        self._mids: set[str] = set()
        self._next_mid = 0

    def ssrc(self) -> int:
        while (ssrc := secrets.randbits(32)) in self._ssrcs or ssrc == 0:
            pass
        self._ssrcs.add(ssrc)
        return ssrc

    def mid(self) -> str:
        """All of one length, so that the headers of all viewers are of one size."""
        while True:
            number = self._next_mid
            self._next_mid = (number + 1) % len(_MID_DIGITS) ** MID_LENGTH
            text = ""
            for _ in range(MID_LENGTH):
                number, digit = divmod(number, len(_MID_DIGITS))
                text = _MID_DIGITS[digit] + text
            if text not in self._mids:
                self._mids.add(text)
                return text

    def give_back(self, ssrcs: Iterable[int], mid: str) -> None:
        self._ssrcs.difference_update(ssrcs)
        self._mids.discard(mid)
