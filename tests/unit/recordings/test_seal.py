"""A sealed file: what was written opens, from anywhere; what was changed, moved or cut does not pass for whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.seal import CHUNK_BYTES, HEAD_BYTES, SealBroken, SealedReader, SealedWriter

KEY = b"k" * 32


def written(path: Path, *parts: bytes, close: bool = True) -> bytes:
    writer = SealedWriter(path, KEY)
    for part in parts:
        writer.write(part)
        writer.flush()
    if close:
        writer.close()
    return b"".join(parts)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, CHUNK_BYTES * 2), max_size=5), st.integers(0, CHUNK_BYTES * 6), st.integers(0, 100_000))
def test_any_part_of_it_is_read(tmp_path_factory: pytest.TempPathFactory, sizes: list[int], at: int, size: int) -> None:
    path = tmp_path_factory.mktemp("sealed") / "file"
    plain = written(path, *(os.urandom(one) for one in sizes))
    with SealedReader(path, KEY) as reader:
        assert reader.complete
        assert reader.size == len(plain)
        reader.seek(at)
        assert reader.read(size) == plain[at : at + size]
        reader.seek(0)
        assert reader.read() == plain


def test_what_a_crash_left_is_read_up_to_the_last_flush(tmp_path: Path) -> None:
    plain = written(tmp_path / "file", b"one" * 1000, b"two" * 1000, close=False)
    whole = (tmp_path / "file").read_bytes()
    for cut in (0, 1, 100, 3000):
        torn = tmp_path / f"torn{cut}"
        torn.write_bytes(whole[: len(whole) - cut])
        with SealedReader(torn, KEY) as reader:
            assert not reader.complete
            assert reader.read() == (plain if cut == 0 else plain[:3000])


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    written(tmp_path / "file", b"one" * 1000, b"two" * 1000)
    whole = bytearray((tmp_path / "file").read_bytes())
    for at in (HEAD_BYTES + 10, HEAD_BYTES + 3020 + 40):
        changed = bytearray(whole)
        changed[at] ^= 1
        (tmp_path / "changed").write_bytes(changed)
        with SealedReader(tmp_path / "changed", KEY) as reader, pytest.raises(SealBroken):
            reader.read()


def test_chunks_cannot_change_places_nor_files(tmp_path: Path) -> None:
    written(tmp_path / "a", b"x" * 100, b"y" * 100)
    written(tmp_path / "b", b"p" * 100, b"q" * 100)
    first, second = (tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()
    chunk = 4 + 100 + 16
    swapped = (
        first[:HEAD_BYTES] + first[HEAD_BYTES + chunk : HEAD_BYTES + 2 * chunk] + first[HEAD_BYTES : HEAD_BYTES + chunk]
    )
    moved = first[:HEAD_BYTES] + second[HEAD_BYTES:]
    for number, torn in enumerate((swapped, moved)):
        (tmp_path / f"torn{number}").write_bytes(torn)
        with SealedReader(tmp_path / f"torn{number}", KEY) as reader, pytest.raises(SealBroken):
            reader.read()


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    written(tmp_path / "file", b"secret")
    with SealedReader(tmp_path / "file", b"j" * 32) as reader, pytest.raises(SealBroken):
        reader.read()
    assert b"secret" not in (tmp_path / "file").read_bytes()


def test_what_is_no_sealed_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"RIFF")
    with pytest.raises(SealBroken):
        SealedReader(tmp_path / "file", KEY)
