"""docs/rights.md says what the table says, and every code that a rule raises is listed."""

from __future__ import annotations

import re
from pathlib import Path

from server.meeting import approving, deciding, lasting, planning, procedure, roles, rules, writing

ROOT = Path(__file__).parents[3]


def test_the_printed_table_is_current() -> None:
    assert (ROOT / "docs" / "rights.md").read_text(encoding="utf-8") == roles.table()


def test_the_list_of_codes_is_complete() -> None:
    assert rules.__doc__ is not None
    listed = set(re.findall(r"\b[a-z]+\.[a-z_]+\b", rules.__doc__))
    raised: set[str] = set()
    for module in (rules, planning, roles, writing, procedure, deciding, approving, lasting):
        assert module.__file__ is not None
        source = Path(module.__file__).read_text(encoding="utf-8")
        raised |= set(re.findall(r'(?:Refused|Invalid|Conflict|NotFound)\("([a-z_.]+)"', source))
    assert raised <= listed
