"""The shape of an NIK, the number of a resident. It tells birth date and sex: never logged, never shown. Pure."""

from __future__ import annotations

import re
from datetime import date

_PARTS = re.compile(r"[1-9][0-9]{5}([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{4})")
WOMEN = 40  # is added to the day of birth


def is_nik(text: str) -> bool:
    """16 digits: region (6), day, month and year of birth (2 each; women's day plus 40), serial number (4)."""
    found = _PARTS.fullmatch(text)
    if found is None:
        return False
    day, month, year = (int(part) for part in found.groups()[:3])
    try:
        date(2000 + year if year % 4 == 0 else 1900 + year, month, day - WOMEN if day > WOMEN else day)
    except ValueError:
        return False
    return found[4] != "0000"
