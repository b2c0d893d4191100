"""Which bytes a browser wants (RFC 9110, 14): one range, or all. Several at once are answered whole, as is allowed."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class OutOfRange(Exception):
    """416: nothing of the file is in it."""


def wanted(header: str, if_range: str, etag: str, size: int) -> tuple[int, int] | None:
    """[start, end) of a file of `size` bytes; None: all of it. OutOfRange."""
    found = _RANGE.fullmatch(header.strip().replace(" ", ""))
    if found is None or found[0] == "bytes=-" or (if_range and if_range != etag):
        return None
    first, last = found[1], found[2]
    if not first:  # so many from the end
        length = int(last)
        if not length or not size:
            raise OutOfRange
        return max(0, size - length), size
    start, end = int(first), int(last) + 1 if last else size
    if last and end <= start:
        return None  # not a range at all: to be ignored
    if start >= size:
        raise OutOfRange
    return start, min(end, size)
