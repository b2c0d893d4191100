"""The fake boxes keep what every BallotBoxes promises."""

from __future__ import annotations

import pytest

from tests.fakes import MemoryBoxes
from tests.unit.meeting.boxes_contract import BoxesContract


class TestMemoryBoxes(BoxesContract):
    @pytest.fixture
    def boxes(self) -> MemoryBoxes:
        return MemoryBoxes()
