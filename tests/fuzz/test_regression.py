"""A few thousand inputs for each target, the same in every run; `make fuzz` goes on from there."""

from __future__ import annotations

import pytest

from tests.fuzz.loop import run
from tests.fuzz.targets import TARGETS

INPUTS = 3000
FEW = {"feedback_out": 300}  # each builds feedback for some hundred packets, several times


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_whatever_break_a_parser(name: str) -> None:
    run(name, FEW.get(name, INPUTS))
