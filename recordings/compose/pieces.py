"""Pieces of the outcome while it is made: sealed files that are there whole or not at all, so that a killed process
goes on after its last whole one. Knows the libraries' containers, and nothing of what is in the picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import av
import msgspec

from recordings.seal import SealedReader, SealedWriter

T = TypeVar("T")
PIECE = "matroska"


class Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class Forward(io.RawIOBase):
    """Only forwards, which is how the library learns that it cannot go back."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._to = sink

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._to.write(bytes(data))


class Pieces:
    """In one folder. `name`s without ending."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder, self._key = folder, key
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for stale in folder.glob("*.new"):
            stale.unlink()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.sealed"

    def has(self, name: str) -> bool:
        return self.path(name).exists()

    @contextmanager
    def writing(self, name: str) -> Iterator[SealedWriter]:
        """There under its name once the block ends well. OSError."""
        aside = self.folder / f"{name}.new"
        aside.unlink(missing_ok=True)
        writer = SealedWriter(aside, self._key)
        yield writer
        writer.close()
        aside.replace(self.path(name))

    @contextmanager
    def muxing(self, name: str) -> Iterator[Any]:
        """A container for streams; timestamps are counted anew when the pieces are put together."""
        with self.writing(name) as writer, av.open(Forward(writer), "w", format=PIECE, options={"live": "1"}) as out:
            yield out

    @contextmanager
    def opened(self, name: str) -> Iterator[Any]:
        with SealedReader(self.path(name), self._key) as reader, av.open(reader, "r") as container:
            yield container

    def packets(self, name: str) -> Iterator[Any]:
        with self.opened(name) as container:
            for packet in container.demux(container.streams[0]):
                if packet.size:
                    yield packet

    def put(self, name: str, what: object) -> None:
        with self.writing(name) as writer:
            writer.write(msgspec.msgpack.encode(what))

    def get(self, name: str, kind: type[T]) -> T:
        with SealedReader(self.path(name), self._key) as reader:
            return msgspec.msgpack.decode(reader.read(), type=kind)

    def remembered(self, name: str, kind: type[T], make: Callable[[], T]) -> T:
        """What was put, or is made and put now."""
        if not self.has(name):
            self.put(name, make())
        return self.get(name, kind)

    def drop(self, keep: frozenset[str]) -> None:
        """All but these."""
        for path in self.folder.glob("*.sealed"):
            if path.name.removesuffix(".sealed") not in keep:
                path.unlink()
