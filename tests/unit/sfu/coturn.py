"""A real TURN server, for tests: TCP only, on loopback, and allowed to relay to loopback as a real one must not."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.unit.sfu.listener import WITHIN_S

SECRET = "rahasia-bersama"
REALM = "balai.example"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def coturn(folder: Path) -> AsyncIterator[tuple[str, int]]:
    """A TURN server that takes TCP only, and relays to this machine (which a real one must not)."""
    program = shutil.which("turnserver")
    assert program, "coturn is not installed: make system-test"
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        program, "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
        "--no-udp", "--no-tls", "--no-dtls", "--use-auth-secret", f"--static-auth-secret={SECRET}",
        f"--realm={REALM}", "--allow-loopback-peers", "--no-cli", f"--pidfile={folder / 'pid'}",
        f"--userdb={folder / 'users'}", "--log-file=stdout", "--simple-log", "--no-multicast-peers",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN_S):
            while not await listens(port):
                assert process.returncode is None
        yield "127.0.0.1", port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True
