"""What the web process and a composer say to each other, over an inherited socket. Names and keys go this way only."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from recordings.link import Message, cut
from recordings.plan import Plan

Stage: TypeAlias = Literal["listening", "drawing", "finishing"]
Fault: TypeAlias = Literal["disk", "broken", "failed"]


class Whole(Message, frozen=True):
    """Compose the meeting. folder: of the meeting's recordings; into: the folder of the outcome, which may hold what an
    earlier process had done. key: of the meeting's recordings. takes: recording_id -> hash of its manifest.
    keep_free_bytes: below this the disk counts as full."""

    folder: str
    into: str
    key: bytes
    plan: Plan
    takes: dict[str, str]
    keep_free_bytes: int = 0


class Clip(Message, frozen=True):
    """From from_ms to until_ms of a composed file."""

    source: str
    into: str
    key: bytes
    from_ms: int
    until_ms: int
    title: str


class Pause(Message, frozen=True):
    """Somebody meets: wait."""


class Resume(Message, frozen=True):
    """Go on."""


class Progress(Message, frozen=True):
    """done of total, in ms of the outcome, counted over all stages."""

    stage: Stage
    done: int
    total: int


class Done(Message, frozen=True):
    """All files are there; so many plain bytes."""

    manifest: str
    size_bytes: int
    files: int
    length_ms: int


class Failed(Message, frozen=True):
    """It cannot be made. disk: another try may help."""

    reason: Fault


Order: TypeAlias = Whole | Clip | Pause | Resume
Told: TypeAlias = Progress | Done | Failed

_order: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_told: msgspec.msgpack.Decoder[Told] = msgspec.msgpack.Decoder(Told)


def orders(received: bytearray) -> list[Order]:
    """Takes whole messages out of what was received. ConnectionError, msgspec.MsgspecError."""
    return [_order.decode(body) for body in cut(received)]


def told(received: bytearray) -> list[Told]:
    return [_told.decode(body) for body in cut(received)]
