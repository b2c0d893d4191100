"""What the doctor finds, a line each. The looking is in doctor.py and beside it, the sentences in the catalogues."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from server.errors import Value

Level: TypeAlias = Literal["ok", "warning", "fault"]

DAY_MS = 86_400_000
SOON_DAYS = 21


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `what` was looked at and how it stands; the sentence is `page.doctor.<what>` in the catalogues."""

    level: Level
    what: str
    values: dict[str, Value] = field(default_factory=dict)
