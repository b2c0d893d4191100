"""The shape of an NIP, the number of an official. It tells birth date and sex: never logged, always masked. Pure."""

from __future__ import annotations

import re
from datetime import date

_PARTS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{4})([0-9]{2})([12])([0-9]{3})")
CONTRACT = 21  # where the month of appointment stands, in the number of those who work by contract (PPPK)


def is_nip(text: str) -> bool:
    """18 digits: birth date, year and month of appointment, sex, serial number; appointed after they were born."""
    found = _PARTS.fullmatch(text)
    if found is None:
        return False
    born_year, month, day, year, appointed = (int(part) for part in found.groups()[:5])
    try:
        date(born_year, month, day)
    except ValueError:
        return False
    return born_year < year and (1 <= appointed <= 12 or appointed == CONTRACT) and found[7] != "000"
