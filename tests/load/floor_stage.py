"""The floor as a Stage: a C program that only receives, decrypts, encrypts and sends (floor/floor.c), compiled when it
is wanted. Participants know the key beforehand; a hello stands for ICE and DTLS."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from tests.load import announce
from tests.load.participant import OutgoingStream
from tests.load.stage import Heard, Seat, Sent
from tests.load.transport import (
    DtlsParameters,
    IceCandidate,
    IceParameters,
    KnownKey,
    ServerTransport,
)

SOURCE = Path(__file__).parent / "floor" / "floor.c"
STEPS = Path(__file__).parent / "floor" / "steps.c"
HEADER = Path("/usr/include/srtp2/srtp.h")
KEY_AND_SALT_BYTES = 28  # AEAD_AES_128_GCM: 16 and 12 (RFC 7714 section 12)
OPENS_WITHIN_S = 10.0
SENDER, VIEWER = 0, 1
PROFILE = "AEAD_AES_128_GCM"


def buildable() -> bool:
    return shutil.which("cc") is not None and HEADER.exists()


class FloorStage:
    def __init__(self, pid: int, port: int, key: bytes) -> None:
        self._pid = pid
        self._port = port
        self._key = key
        self._numbers = itertools.count()
        self._streams: dict[int, tuple[OutgoingStream, OutgoingStream]] = {}

    def server_pids(self) -> list[int]:
        return [self._pid]

    def media_pids(self) -> list[int]:
        return [self._pid]

    async def admit(self, room: str, count: int) -> list[Seat]:
        return [Seat(number, room) for number in itertools.islice(self._numbers, count)]

    async def publish(self, seat: Seat, fingerprint: str) -> Sent:
        video, audio = announce.camera_stream(seat.number), announce.microphone_stream(seat.number)
        self._streams[seat.number] = video, audio
        return Sent(self._transport(seat, SENDER), video, audio)

    async def subscribe(self, seat: Seat, speakers: Sequence[Seat], fingerprint: str) -> Heard:
        heard = [(one.ssrc, one.mid == "0") for speaker in speakers for one in self._streams[speaker.number]]
        return Heard(self._transport(seat, VIEWER), heard)

    async def leave(self, seat: Seat) -> None:
        """It forgets nobody; it ends with the room."""

    def _transport(self, seat: Seat, role: int) -> ServerTransport:
        return ServerTransport(
            id=f"{seat.number}-{role}",
            ice_parameters=IceParameters("", ""),
            ice_candidates=[IceCandidate("127.0.0.1", self._port, "udp")],
            dtls_parameters=DtlsParameters([]),
            known_key=KnownKey(PROFILE, self._key, bytes((0, role, seat.number))),
        )


@asynccontextmanager
async def floor_stage() -> AsyncIterator[FloorStage]:
    key = os.urandom(KEY_AND_SALT_BYTES)
    with tempfile.TemporaryDirectory(prefix="floor-") as folder:
        program = Path(folder) / "floor"
        await _build(SOURCE, program)
        process = await asyncio.create_subprocess_exec(program, key.hex(), stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        try:
            port = int(await asyncio.wait_for(process.stdout.readline(), OPENS_WITHIN_S))
            yield FloorStage(process.pid, port, key)
        finally:
            process.kill()
            await process.wait()


async def floor_steps() -> dict[str, float]:
    """Microseconds of each step by itself (floor/steps.c): decrypt, copy, encrypt; send_N and receive_N are with N
    packets in a call."""
    with tempfile.TemporaryDirectory(prefix="floor-") as folder:
        program = Path(folder) / "steps"
        await _build(STEPS, program)
        process = await asyncio.create_subprocess_exec(program, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
    return msgspec.json.decode(out, type=dict[str, float])


async def _build(source: Path, program: Path) -> None:
    compiler = await asyncio.create_subprocess_exec("cc", "-O2", "-o", program, source, "-lsrtp2")
    if await compiler.wait():
        raise ConnectionError(f"{source.name} does not compile")
