"""A child process the benchmark speaks to in JSON lines: one message a line, both ways, typed by msgspec."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

A = TypeVar("A")

LONGEST_LINE_BYTES = 8 << 20
ANSWER_WITHIN_S = 60.0
REPOSITORY = Path(__file__).resolve().parents[2]


class Child(Generic[A]):
    """A Python module run in a process of its own. `answers` is the type (a tagged union) of the lines it writes."""

    def __init__(self, process: asyncio.subprocess.Process, answers: object) -> None:
        self._process = process
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[A] = msgspec.json.Decoder(answers)

    @classmethod
    async def start(cls, module: str, arguments: Sequence[str], answers: object) -> Child[A]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            limit=LONGEST_LINE_BYTES,
        )
        return cls(process, answers)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(self._encoder.encode(message) + b"\n")

    async def receive(self, within_s: float = ANSWER_WITHIN_S) -> A:
        """The next answer; TimeoutError when it does not come, ConnectionError when the child is gone."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), within_s)
        if not line:
            raise ConnectionError(f"the child process {self.pid} ended by itself")
        return self._decoder.decode(line)

    async def stop(self) -> None:
        """Closes its input, which each child takes as the end, and waits; kills one that does not listen."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), ANSWER_WITHIN_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
