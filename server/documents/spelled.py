"""Numbers in Indonesian words, as a berita acara writes its date. Pure."""

from __future__ import annotations

_SMALL = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")


def spelled(number: int) -> str:
    """From 0 to 9,999; ValueError beyond."""
    if not 0 <= number <= 9_999:
        raise ValueError(number)
    if number < 12:
        return _SMALL[number]
    if number < 20:
        return f"{_SMALL[number - 10]} belas"
    for size, one, many in ((1_000, "seribu", "ribu"), (100, "seratus", "ratus"), (10, "", "puluh")):
        if number >= size:
            count, rest = divmod(number, size)
            head = one if count == 1 and one else f"{_SMALL[count]} {many}"
            return f"{head} {spelled(rest)}" if rest else head
    raise ValueError(number)
