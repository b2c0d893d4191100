"""Who is in one room's media: a session's two transports, and what the room hears. Holds, and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.meeting.ports import Direction
from server.rtp.loudness import Loudness
from server.sfu.ice import IceSession
from server.sfu.inlet import Inlet
from server.sfu.outlet import Outlet
from server.sfu.quality import Steady
from server.sfu.transport import Transport


@dataclass(eq=False)
class Session:
    """One participant's two transports."""

    meeting_id: str
    session_id: str
    inlet: Inlet
    outlet: Outlet
    ice: dict[Direction, IceSession[Transport]]
    flows: bool = False
    fresh_ms: int = 0
    flows_since_ms: int = 0
    line: Steady = field(default_factory=Steady)
    #: only hears, and is nobody to the meeting
    listens: bool = False

    def transport(self, direction: Direction) -> Transport:
        return self.inlet.transport if direction == "send" else self.outlet.transport


@dataclass(eq=False)
class Meeting:
    """Who is in one room's media."""

    loudness: Loudness = field(default_factory=Loudness)
    sessions: dict[str, Session] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
