"""What the browser's reducer is tested with has the shape of what the server would send today."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from server.meeting.facts import KINDS
from server.meeting.views import OUTSIDE
from tests.unit.signaling.contract import PATH, cases

COMMITTED: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"))


def shape(value: object) -> object:
    """Names and types, without values; a list has the shape of everything that is in it."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(inner), sort_keys=True) for inner in value})
    return type(value).__name__


def shapes_of_facts(found: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    shapes: dict[str, set[str]] = {}
    for case in found:
        for fact in case["facts"]:
            shapes.setdefault(fact["kind"], set()).add(json.dumps(shape(fact), sort_keys=True))
    return shapes


def shapes_of_snapshots(found: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    shapes: dict[str, set[str]] = {}
    for case in found:
        for name, value in case["fresh"].items():
            inner = shape(value)
            shapes.setdefault(name, set()).update(inner if isinstance(inner, list) else [str(inner)])
    return shapes


def test_the_committed_fixture_is_current() -> None:
    current = json.loads(json.dumps(cases()))
    advice = "python -m tests.unit.signaling.contract makes it anew"
    assert shapes_of_facts(COMMITTED) == shapes_of_facts(current), advice
    assert shapes_of_snapshots(COMMITTED) == shapes_of_snapshots(current), advice


def test_every_kind_of_fact_occurs() -> None:
    assert set(shapes_of_facts(COMMITTED)) == set(KINDS) - {"MeetingPlanned"} - {kind.__name__ for kind in OUTSIDE}
