"""The catalogues: both languages whole, nothing missing, nothing left over; and how dates and times are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from server.errors import BalaiError
from server.meeting.minutes import STAGES
from web.i18n import LOCALE, PLACEHOLDER, Catalogues, preferred
from web.render import FLASHES

ROOT = Path(__file__).parents[3]
CATALOGUES = Catalogues()
ID, EN = CATALOGUES.words("id"), CATALOGUES.words("en")
NINE_MS = 1_795_485_600_000  # 2026-11-24 02:00 UTC
KEY = r"(?:page|error|common|room)\.[\w.]+"


def sources(folder: str, *endings: str) -> Iterable[str]:
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in endings and "node_modules" not in path.parts and not path.name.endswith(".test.ts"):
            yield path.read_text()


PYTHON = [text for folder in ("server", "signaling", "web", "recordings") for text in sources(folder, ".py")]
TEMPLATES = list(sources("web/templates", ".html"))
CLIENT = list(sources("web/client/src", ".ts"))


def raised_codes() -> set[str]:
    """Every code that is written where an error is made, whole or in parts."""
    codes: set[str] = set()
    kinds = "|".join(_error_names())
    for text in PYTHON:
        codes.update(re.findall(rf"\b(?:{kinds})\(\s*\"([a-z_.]+)\"", text))
        codes.update(re.findall(r"default_code = \"([a-z_.]+)\"", text))
        codes.update(re.findall(r"required=\"([a-z_.]+)\"", text))
        codes.update(re.findall(r"\.fault\(\s*(?:f?\"[^\"]*\"|\w+)\s*,\s*\"([a-z_.]+)\"", text))
        codes.update(re.findall(r"fault\(.*, \"(config\.[a-z_]+)\"", text))
        codes.update(re.findall(r"say_goodbye\(\"([a-z_.]+)\"", text))
    codes.update(f"meeting.is_{status}" for status in ("none", "planned", "open", "closed", "cancelled"))
    codes.update(f"minutes.is_{stage}" for stage in STAGES)
    codes.update(f"{name}.{what}" for name in ("decision", "action", "statement") for what in ("unknown", "withdrawn"))
    return codes


def _error_names() -> set[str]:
    def below(kind: type[BalaiError]) -> set[str]:
        return {kind.__name__}.union(*(below(sub) for sub in kind.__subclasses__()))

    return below(BalaiError) | {"StoreError", "Unsealable", "ConfigError", "_Wrong", "Wrong", "SignInFirst"}


def keys_used() -> tuple[set[str], list[re.Pattern[str]]]:
    """Whole keys, and patterns where a key is put together (`"page.flash." ~ done`, f"page.{x}", `room.${x}`)."""
    whole: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for text in (*TEMPLATES, *PYTHON, *CLIENT):
        for found in re.findall(r"[\"'`]((?:page|common|room)\.[\w.${}()? :-]*)[\"'`]", text):
            if "{" in found or found.endswith("."):
                parts = re.split(r"\$?\{[^}]*\}", found)
                pattern = r"[\w.-]+".join(re.escape(part) for part in parts)
                patterns.append(re.compile(pattern + (r"[\w.-]+" if found.endswith(".") else "")))
            elif re.fullmatch(KEY, found) and not found.endswith(".html"):
                whole.add(found)
    whole.update(f"page.flash.{done}" for done in FLASHES)
    return whole - raised_codes(), patterns


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    assert set(ID.keys()) == set(EN.keys())
    for key in ID.keys():  # noqa: SIM118 (Words is no mapping)
        assert sorted(PLACEHOLDER.findall(ID(key))) == sorted(PLACEHOLDER.findall(EN(key))), key
        assert ID(key).strip(), key
        assert EN(key).strip(), key


def test_no_key_stands_twice() -> None:
    for language in ("id", "en"):
        texts = [path.read_text() for path in LOCALE.glob(f"*.{language}.po")]
        keys = [key for text in texts for key in re.findall(r'^msgid "(.+)"$', text, re.M)]
        assert len(keys) == len(set(keys))


def test_every_code_that_is_raised_has_a_sentence() -> None:
    codes = raised_codes()
    assert len(codes) > 80
    assert sorted(code for code in codes if not ID.has(f"error.{code}")) == []


def test_every_key_that_is_used_exists_and_every_key_is_used() -> None:
    whole, patterns = keys_used()
    assert len(whole) > 300
    known = {key for key in ID.keys() if key.startswith(("page.", "common.", "room."))}  # noqa: SIM118
    assert sorted(whole - known) == []
    assert sorted(key for key in known - whole if not any(one.fullmatch(key) for one in patterns)) == []


def test_every_sentence_for_a_code_is_for_a_code_that_is_raised() -> None:
    everything = "\n".join((*PYTHON, *CLIENT))
    codes = raised_codes()
    left = [key.removeprefix("error.") for key in ID.keys() if key.startswith("error.")]  # noqa: SIM118
    assert [code for code in left if code not in codes and f'"{code}"' not in everything] == []


def test_an_unknown_code_gets_a_general_sentence_and_values_are_filled() -> None:
    assert CATALOGUES.sentence("en", "nobody.wrote.this", {}) == EN("error.internal")
    assert "7 menit" in CATALOGUES.sentence("id", "login.too_many", {"minutes": 7})
    assert CATALOGUES.sentence("xx", "not_found", {}) == ID("error.not_found")


@pytest.mark.parametrize(
    ("zone", "indonesian", "english"),
    [
        ("Asia/Jakarta", "09.00 WIB", "09:00 WIB"),
        ("Asia/Pontianak", "09.00 WIB", "09:00 WIB"),
        ("Asia/Makassar", "10.00 WITA", "10:00 WITA"),
        ("Asia/Jayapura", "11.00 WIT", "11:00 WIT"),
    ],
)
def test_times_are_written_in_the_meetings_zone(zone: str, indonesian: str, english: str) -> None:
    assert ID.time(NINE_MS, zone) == indonesian
    assert EN.time(NINE_MS, zone) == english


def test_days_are_written_as_in_a_letter() -> None:
    assert ID.day(NINE_MS, "Asia/Jakarta") == "Selasa, 24 November 2026"
    assert EN.day(NINE_MS, "Asia/Jakarta") == "Tuesday, 24 November 2026"
    assert ID.plain_day("2026-12-01") == "1 Desember 2026"
    assert ID.plain_day("segera") == "segera"
    assert ID.span(NINE_MS, NINE_MS + 7_200_000, "Asia/Jakarta") == "09.00–11.00 WIB"
    assert ID.number(1_234_567) == "1.234.567"
    assert ID.minutes(20_000) == "1 menit"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "id"),
        ("en-US,en;q=0.9", "en"),
        ("fr,de;q=0.8", "id"),
        ("en;q=0.2,id;q=0.9", "id"),
        ("in-ID", "id"),
        ("en;q=0", "id"),
        ("en;q=wrong", "id"),
        (",;;,=" * 1000, "id"),
    ],
)
def test_the_browsers_language_is_taken_where_we_have_it(header: str, language: str) -> None:
    assert preferred(header, "id") == language
