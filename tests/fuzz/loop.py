"""A small mutator for the runs inside the test suite: the same inputs every time, no coverage, no clock."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.fuzz.targets import TARGETS, seeds

LONGEST_BYTES = 2049
_BYTES = (0, 1, 2, 0x0F, 0x10, 0x7F, 0x80, 0x90, 0xBE, 0xDE, 0xFE, 0xFF)


def _flip(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] = chance.choice(_BYTES)


def _cut(chance: random.Random, data: bytearray) -> None:
    del data[chance.randrange(len(data)) :]


def _remove(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 9)]


def _insert(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = chance.randbytes(chance.randrange(1, 9))


def _repeat(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randrange(1, 40)] * chance.randrange(1, 20)


def _grow(chance: random.Random, data: bytearray) -> None:
    data += bytes((chance.choice(_BYTES),)) * chance.randrange(1, 300)


_CHANGES: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _flip,
    _flip,
    _set,
    _set,
    _cut,
    _remove,
    _insert,
    _repeat,
    _grow,
)


def run(name: str, inputs: int, seed: int = 1) -> None:
    """Feed so many inputs; a finding is an AssertionError that holds the input, caused by what was raised."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    target, first = TARGETS[name], seeds(name)
    for number in range(inputs):
        data = bytearray(first[number] if number < len(first) else chance.choice(first))
        if number >= len(first):
            for _ in range(chance.choice((1, 1, 2, 3, 8))):
                if data:
                    chance.choice(_CHANGES)(chance, data)
        whole = bytes(data[:LONGEST_BYTES])
        try:
            target(whole)
        except Exception as error:
            raise AssertionError(f"{name}: {whole.hex()}") from error
