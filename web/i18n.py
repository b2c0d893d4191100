"""Texts, dates and times in the reader's language. Every text stands in web/locale/*.po under a symbolic key.

The catalogues are read once, at start. No page and no request is known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.pofile import read_po

from server.errors import Value

LANGUAGES = ("id", "en")
LOCALE = Path(__file__).parent / "locale"
PLACEHOLDER = re.compile(r"\{(\w+)\}")

ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
_ZONE_NAMES = {zone: name for name, zone in ZONES.items()} | {"Asia/Pontianak": "WIB"}


class Words:
    """One language's catalogue: `words("page.home.title", name=...)`. KeyError for a key that does not exist."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, /, **values: Value) -> str:
        text = self._texts[key]
        if not values:
            return text
        return PLACEHOLDER.sub(lambda found: self._value(values, found), text)

    def _value(self, values: Mapping[str, Value], found: re.Match[str]) -> str:
        value = values.get(found[1])
        if value is None:
            return found[0]
        return self.number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)

    def has(self, key: str) -> bool:
        return key in self._texts

    def keys(self) -> Iterable[str]:
        return self._texts.keys()

    def starting(self, *prefixes: str) -> dict[str, str]:
        """What a part of the client needs."""
        return {key: text for key, text in self._texts.items() if key.startswith(prefixes)}

    def sentence(self, code: str, values: Mapping[str, Value]) -> str:
        """The sentence for an error's code; a code that nobody wrote one for gets a general one."""
        key = f"error.{code}"
        return self(key if self.has(key) else "error.internal", **values)

    # ------------------------------------------------------------ numbers, dates, times

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", "." if self.language == "id" else ",")

    def day(self, at_ms: int, zone: str) -> str:
        """Selasa, 24 November 2026."""
        return self._date(_local(at_ms, zone).date(), "EEEE, d MMMM y")

    def short_day(self, at_ms: int, zone: str) -> str:
        """Sel, 24 Nov."""
        return self._date(_local(at_ms, zone).date(), "EEE, d MMM")

    def year(self, at_ms: int, zone: str) -> str:
        """2026: beside a short day, where years may differ."""
        return str(_local(at_ms, zone).year)

    def plain_day(self, iso: str) -> str:
        """24 November 2026; what is no date comes back as it is."""
        try:
            return self._date(date.fromisoformat(iso), "d MMMM y")
        except ValueError:
            return iso

    def clock(self, at_ms: int, zone: str) -> str:
        """09.00 in Indonesian, 09:00 in English."""
        return _local(at_ms, zone).strftime("%H.%M" if self.language == "id" else "%H:%M")

    def time(self, at_ms: int, zone: str) -> str:
        """09.00 WIB."""
        return f"{self.clock(at_ms, zone)} {zone_name(zone)}"

    def span(self, from_ms: int, to_ms: int, zone: str) -> str:
        """09.00–11.00 WIB."""
        return f"{self.clock(from_ms, zone)}–{self.time(to_ms, zone)}"

    def length(self, length_ms: int) -> str:
        """1:02:03, 2:03: as players count."""
        minutes, seconds = divmod(length_ms // 1000, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    def size(self, size_bytes: int) -> str:
        """12,3 MB in Indonesian; of 1 000 000 bytes, as browsers and shops count."""
        unit, by = ("GB", 1e9) if size_bytes >= 1e9 else ("MB", 1e6) if size_bytes >= 1e6 else ("kB", 1e3)
        said = f"{size_bytes / by:.1f}"
        return f"{said.replace('.', ',') if self.language == 'id' else said} {unit}"

    def percent(self, share: float) -> str:
        return f"{int(share * 100)}%"

    def minutes(self, length_ms: int) -> str:
        """Rounded to whole minutes, so that what was there at all never reads as nothing."""
        whole = round(length_ms / 60_000) or (1 if length_ms > 0 else 0)
        return self("page.minutes", count=whole)

    def _date(self, day: date, form: str) -> str:
        return format_date(day, form, locale="id" if self.language == "id" else "en_GB")


class Catalogues:
    """All languages. Implements signaling's Sentences."""

    def __init__(self, folder: Path = LOCALE) -> None:
        self._words = {language: Words(language, _read(folder, language)) for language in LANGUAGES}

    def words(self, language: str) -> Words:
        return self._words.get(language, self._words["id"])

    def sentence(self, language: str, code: str, values: Mapping[str, Value]) -> str:
        return self.words(language).sentence(code, values)


def zone_name(zone: str) -> str:
    return _ZONE_NAMES.get(zone, zone)


def iso(at_ms: int) -> str:
    """For <time datetime>."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def local(at_ms: int, zone: str) -> datetime:
    return _local(at_ms, zone)


def preferred(accept_language: str, default: str) -> str:
    """The first of our languages in an Accept-Language header (RFC 9110, 12.5.4), by its weights."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:500].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        language = "id" if language in ("in", "ms") else language  # `in`: the old code; Malay readers get Indonesian
        if language in LANGUAGES:
            wanted.append((_weight(parameters), language))
    best = max(wanted, key=lambda one: one[0], default=(0.0, default))
    return best[1] if best[0] > 0 else default


def _weight(parameters: str) -> float:
    found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameters)
    return float(found[1]) if found else (0.0 if parameters else 1.0)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _local(at_ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, _zone(zone))


def _read(folder: Path, language: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in sorted(folder.glob(f"*.{language}.po")):
        with path.open("rb") as stream:
            for message in read_po(stream, locale=language):
                if message.id:
                    texts[str(message.id)] = str(message.string)
    return texts
