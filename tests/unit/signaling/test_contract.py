"""What the browser's reducer is tested with is what the server would send today."""

from __future__ import annotations

import json

from server.meeting.facts import KINDS
from tests.unit.signaling.contract import PATH, text


def test_the_committed_fixture_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "python -m tests.unit.signaling.contract writes it anew"


def test_every_kind_of_fact_occurs() -> None:
    cases = json.loads(PATH.read_text(encoding="utf-8"))
    assert {fact["kind"] for case in cases for fact in case["facts"]} == set(KINDS) - {"MeetingPlanned"}
