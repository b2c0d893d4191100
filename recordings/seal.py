"""A file that only the holder of the meeting's key can read, written chunk by chunk: what was written before a crash
opens, what was changed or taken out does not. Nothing here knows what is inside.

Layout: MAGIC, 16 random bytes; then chunks: length (4 bytes, big endian; the highest bit: the last one), ciphertext
with its tag. AES-256-GCM under a key of the file's own (HKDF-SHA256 of the meeting's key with the random bytes as
salt); the nonce is the chunk's number; the length's four bytes are authenticated with it.
"""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.errors import BalaiError

MAGIC = b"BALAI-SEALED-1\n\0"
SALT_BYTES = 16
HEAD_BYTES = len(MAGIC) + SALT_BYTES
TAG_BYTES = 16
CHUNK_BYTES = 256 << 10
_LAST = 1 << 31
_LENGTH_BYTES = 4


_STRIDE = _LENGTH_BYTES + CHUNK_BYTES + TAG_BYTES
_FULL = CHUNK_BYTES + TAG_BYTES


class _Even(Sequence[tuple[int, int]]):
    """Of a file whose chunks are all full but the last one."""

    def __init__(self, count: int, last: int) -> None:
        self._count, self._last = count, last

    def __len__(self) -> int:
        return self._count + 1

    def __getitem__(self, number: Any) -> Any:
        return HEAD_BYTES + number * _STRIDE + _LENGTH_BYTES, self._last if number == self._count else _FULL


class SealBroken(BalaiError):
    """`what`: "head", or the number of the chunk that is not as it was written."""


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"balai recording file").derive(key))


class SealedWriter:
    """`write` as to a file; a chunk leaves when it is full, or with `flush`. OSError as the disk has it."""

    def __init__(self, path: Path, key: bytes) -> None:
        salt = os.urandom(SALT_BYTES)
        self._cipher = _cipher(key, salt)
        self._file: BinaryIO = path.open("xb", buffering=0)
        self._file.write(MAGIC + salt)
        self._waiting = bytearray()
        self._number = 0
        #: plain bytes so far
        self.size = 0

    def write(self, data: bytes) -> int:
        self._waiting += data
        self.size += len(data)
        while len(self._waiting) >= CHUNK_BYTES:
            self._leave(bytes(self._waiting[:CHUNK_BYTES]))
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def flush(self) -> None:
        """Everything so far would survive this process."""
        if self._waiting:
            self._leave(bytes(self._waiting))
            self._waiting.clear()

    def _leave(self, plain: bytes, last: int = 0) -> None:
        head = (len(plain) + TAG_BYTES | last).to_bytes(_LENGTH_BYTES, "big")
        sealed = head + self._cipher.encrypt(self._number.to_bytes(12, "big"), plain, head)
        self._number += 1
        written = self._file.write(sealed)
        if written != len(sealed):
            raise OSError(28, "the disk is full")

    def close(self) -> None:
        """The last chunk says that it is the last one."""
        if self._file.closed:
            return
        try:
            self._leave(bytes(self._waiting), _LAST)
            self._waiting.clear()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()


class SealedReader(io.RawIOBase):
    """The same file, read from anywhere. A file without its last chunk ends where it was cut off (`complete` False)."""

    def __init__(self, path: Path, key: bytes) -> None:
        super().__init__()
        self._file: BinaryIO = path.open("rb")
        try:
            head = self._file.read(HEAD_BYTES)
            if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
                raise SealBroken("recording.seal", what="head")
            self._cipher = _cipher(key, head[len(MAGIC) :])
            self.complete = False
            self._starts: Sequence[int] = ()  # of the plain bytes of each chunk
            self._places: Sequence[tuple[int, int]] = ()  # of each chunk: where its ciphertext lies, its length word
            self.size = self._index()
        except BaseException:
            self._file.close()
            raise
        self._at = 0
        self._open = (-1, b"")

    def _index(self) -> int:
        """Where each chunk lies. A file whose chunks are all full but the last, as a composed one's, needs no walk."""
        end = os.fstat(self._file.fileno()).st_size
        count, rest = divmod(end - HEAD_BYTES, _STRIDE)
        if count and rest >= _LENGTH_BYTES + TAG_BYTES and self._word(HEAD_BYTES) == _FULL:
            last = rest - _LENGTH_BYTES | _LAST
            if self._word(HEAD_BYTES + count * _STRIDE) == last:
                self._starts = range(0, (count + 1) * CHUNK_BYTES, CHUNK_BYTES)
                self._places = _Even(count, last)
                self.complete = True
                return count * CHUNK_BYTES + rest - _LENGTH_BYTES - TAG_BYTES
        return self._walk(end)

    def _word(self, place: int) -> int:
        self._file.seek(place)
        return int.from_bytes(self._file.read(_LENGTH_BYTES), "big")

    def _walk(self, end: int) -> int:
        starts: list[int] = []
        places: list[tuple[int, int]] = []
        place, total, complete = HEAD_BYTES, 0, False
        while place + _LENGTH_BYTES <= end and not complete:
            word = self._word(place)
            length = word & ~_LAST
            if length < TAG_BYTES or place + _LENGTH_BYTES + length > end:
                break
            starts.append(total)
            places.append((place + _LENGTH_BYTES, word))
            total += length - TAG_BYTES
            place += _LENGTH_BYTES + length
            complete = bool(word & _LAST)
        self._starts, self._places, self.complete = starts, places, complete
        return total

    def _chunk(self, number: int) -> bytes:
        if self._open[0] != number:
            place, word = self._places[number]
            self._file.seek(place - _LENGTH_BYTES)
            head = self._file.read(_LENGTH_BYTES)
            sealed = self._file.read(word & ~_LAST)
            try:
                if head != word.to_bytes(_LENGTH_BYTES, "big"):
                    raise InvalidTag
                plain = self._cipher.decrypt(number.to_bytes(12, "big"), sealed, head)
            except InvalidTag as error:
                raise SealBroken("recording.seal", what=str(number)) from error
            self._open = (number, plain)
        return self._open[1]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, fewer at the end."""
        if size < 0:
            size = self.size - self._at
        out = bytearray()
        while size > 0 and self._at < self.size:
            number = self._find(self._at)
            part = self._chunk(number)[self._at - self._starts[number] :][:size]
            out += part
            self._at += len(part)
            size -= len(part)
        return bytes(out)

    def _find(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def close(self) -> None:
        self._file.close()
        super().close()
