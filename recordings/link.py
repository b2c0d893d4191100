"""What the web process and a recorder say to each other, over an inherited socket: messages, each with its length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

LONGEST_BYTES = 16 << 20


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Each message is an array: its tag, then its fields."""


class Begin(Message, frozen=True):
    """The first one. keys: of the line to the media process; key: of the files. first: the number of the first stream
    (a recording that goes on after a crash does not use numbers again). began_ms: Unix ms when the recording's clock
    was zero; keep_free_bytes: below this the disk counts as full."""

    folder: str
    keys: bytes
    key: bytes
    first: int
    began_ms: int
    keep_free_bytes: int


class Follow(Message, frozen=True):
    """From now on this stream is recorded. cname: whose clock it is captured by."""

    ssrc: int
    cname: str
    person_id: str
    source: str
    mime_type: str
    clock_rate: int


class Leave(Message, frozen=True):
    """No longer; its file is complete."""

    ssrc: int


class Finish(Message, frozen=True):
    """Close everything; answered by Finished."""


class Ready(Message, frozen=True):
    """It waits for the media process at this Unix socket."""

    address: str


class Failed(Message, frozen=True):
    """It cannot go on; what was written is safe. reason: "disk", "line"."""

    reason: str


class Finished(Message, frozen=True):
    """Every file that could be closed is closed."""


Wanted: TypeAlias = Begin | Follow | Leave | Finish
Told: TypeAlias = Ready | Failed | Finished

_encoder = msgspec.msgpack.Encoder()
_wanted: msgspec.msgpack.Decoder[Wanted] = msgspec.msgpack.Decoder(Wanted)
_told: msgspec.msgpack.Decoder[Told] = msgspec.msgpack.Decoder(Told)


def frame(message: Message) -> bytes:
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


def cut(received: bytearray) -> Iterator[bytes]:
    """Takes whole messages out of what was received. ConnectionError when it is none of ours."""
    while len(received) >= 4:
        length = int.from_bytes(received[:4], "big")
        if length > LONGEST_BYTES:
            raise ConnectionError("a message is too long")
        if len(received) < 4 + length:
            return
        body = bytes(received[4 : 4 + length])
        del received[: 4 + length]
        yield body


class Frames:
    """Cuts a byte stream into messages. ConnectionError when it is none of ours."""

    def __init__(self) -> None:
        self._received = bytearray()

    def wanted(self, data: bytes) -> list[Wanted]:
        self._received += data
        return [_wanted.decode(body) for body in cut(self._received)]

    def told(self, data: bytes) -> list[Told]:
        self._received += data
        return [_told.decode(body) for body in cut(self._received)]
