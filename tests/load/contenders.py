"""Who is measured beside whom: ours through its real front door, Debian's Janus, and the floor. Each has one function
from a room's shape to its figures, so that the benchmark can interleave them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.load import janus, namespace
from tests.load.floor_stage import buildable, floor_stage
from tests.load.janus_stage import janus_stage
from tests.load.measure import Conditions, Forwarding, RoomShape, forwarding
from tests.load.office_stage import office_stage
from tests.load.plane_stage import PlaneOpener, plane_stage
from tests.load.stage import StageOpener

Measure: TypeAlias = Callable[[RoomShape, Conditions], Awaitable[Forwarding]]

JANUS_LOOPS = 2


@dataclass(frozen=True)
class Contender:
    """`key` in bench.json; `title` in the table; `absent`: why it cannot be measured here, "" when it can."""

    key: str
    title: str
    measure: Measure
    absent: str = ""


def on(opener: StageOpener) -> Measure:
    """Each room gets a server of its own, so that none pays for what another left behind."""

    async def measure(shape: RoomShape, conditions: Conditions) -> Forwarding:
        async with opener() as stage:
            return await forwarding(stage, shape, conditions)

    return measure


def contenders(plane: PlaneOpener | None = None) -> list[Contender]:
    """`plane`: measure that media plane alone in place of the whole server."""
    ours = on(office_stage) if plane is None else on(lambda: plane_stage(plane))
    without = _without_janus()
    return [
        Contender("forward", "balai", ours),
        Contender("janus", "janus", on(janus_stage), without),
        Contender("janus_loops", f"janus, {JANUS_LOOPS} loops", on(lambda: janus_stage(JANUS_LOOPS)), without),
        Contender("floor", "floor (C)", on(floor_stage), "" if buildable() else "needs cc and libsrtp2-dev"),
    ]


def _without_janus() -> str:
    if not janus.installed():
        return "needs Debian's janus (apt-get install janus)"
    return "" if namespace.inside() else "needs a network namespace (root, or unprivileged user namespaces)"
