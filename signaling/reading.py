"""Reads what a browser sends into the shapes of messages.py: bounded before it is looked at, refused as a whole.

What is refused is named by its place, never repeated. Nothing in this file knows Socket.IO.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from server.errors import Invalid
from signaling.messages import CommandMessage, Connect, Consume, MediaMessage, NotesMessage, Object, Produce

MAX_PACKET_BYTES = 512 * 1024  # the longest update of shared notes and its envelope, four times over
MAX_ORTC_NODES = 4_000  # Chromium's whole capabilities: some 40 codecs and 20 extensions, about 700 values
MAX_ORTC_BYTES = 64 * 1024
MAX_ORTC_DEPTH = 8


class StrictJson:
    """JSON for Socket.IO's packets: lone surrogates, and nesting that would exhaust the stack, are ValueErrors."""

    @staticmethod
    def loads(text: str | bytes) -> Any:
        try:
            return msgspec.json.decode(text)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        return msgspec.json.encode(value).decode()


# Control characters (but tab and line ends), lone surrogates and non-characters: they cannot be stored as UTF-8 or
# written into XML, so a single one would make a document of the meeting unprintable.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_T = TypeVar("_T")


def read(payload: object, shape: type[_T]) -> _T:
    """`payload` (decoded JSON) as `shape`; Invalid("message.invalid") with `field`, the path of what is wrong."""
    try:
        _check_bounds(payload)
        return msgspec.convert(payload, shape)
    except msgspec.ValidationError as error:
        _, _, path = str(error).rpartition(" - at `")
        raise Invalid("message.invalid", field=path.rstrip("`")[:80]) from error


def read_command(payload: object) -> CommandMessage:
    """Invalid("message.invalid")."""
    return read(payload, CommandMessage)  # type: ignore[arg-type]  # a union is no type to mypy, but to msgspec it is


def read_media(payload: object) -> MediaMessage:
    """Invalid("message.invalid"), also when an ORTC object is too large or too deep."""
    message: MediaMessage = read(payload, MediaMessage)  # type: ignore[arg-type]
    for ortc in _ortc_of(message):
        if len(msgspec.json.encode(ortc)) > MAX_ORTC_BYTES:
            raise Invalid("message.invalid", field="$")
    return message


def read_notes(payload: object) -> NotesMessage:
    """Invalid("message.invalid"). The only message that carries bytes, and only at its first level."""
    if not isinstance(payload, dict):
        raise Invalid("message.invalid", field="$")
    binary = {name: value for name, value in payload.items() if isinstance(value, bytes)}
    read({name: value for name, value in payload.items() if name not in binary}, dict)
    try:
        message: NotesMessage = msgspec.convert(payload, NotesMessage, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        _, _, path = str(error).rpartition(" - at `")
        raise Invalid("message.invalid", field=path.rstrip("`")[:80]) from error
    return message


def _ortc_of(message: MediaMessage) -> tuple[Object, ...]:
    if isinstance(message, Connect):
        return (message.dtls_parameters,)
    if isinstance(message, Produce):
        return (message.rtp_parameters,)
    if isinstance(message, Consume):
        return (message.capabilities,)
    return ()


def _check_bounds(payload: object) -> None:
    """Depth, number of values and printable text, without recursion."""
    level: list[object] = [payload]
    nodes = 0
    for _ in range(MAX_ORTC_DEPTH + 2):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.keys())
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, str):
                if _UNPRINTABLE.search(value):
                    raise msgspec.ValidationError("unprintable text")
            elif not isinstance(value, (int, float, bool, type(None))):
                raise msgspec.ValidationError("binary data")
        nodes += len(below)
        if nodes > MAX_ORTC_NODES:
            raise msgspec.ValidationError("too many values")
        if not below:
            return
        level = below
    raise msgspec.ValidationError("too deep")
