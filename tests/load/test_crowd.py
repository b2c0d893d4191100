"""A crowd in its own process, driven over its pipe against the mirror. No timings are asserted here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.load.announce import camera_stream, microphone_stream
from tests.load.children import Child
from tests.load.crowd import (
    Answer,
    Connected,
    Consumer,
    Expect,
    KeyFrame,
    Leave,
    Mark,
    Measured,
    Open,
    Ready,
    Report,
    Speak,
)
from tests.load.mirror import Mirror


class ServedMirror:
    """A mirror in the test's own loop, that tells when something has passed it."""

    def __init__(self) -> None:
        self.mirror = Mirror()
        self._passed = asyncio.Event()
        asyncio.get_running_loop().add_reader(self.mirror.socket, self._drain)

    def _drain(self) -> None:
        self.mirror.drain()
        self._passed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self._passed.clear()
                await self._passed.wait()

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.mirror.socket)
        self.mirror.close()


@pytest.fixture
async def served() -> AsyncIterator[ServedMirror]:
    one = ServedMirror()
    yield one
    one.close()


@pytest.fixture
async def crowd() -> AsyncIterator[Child[Answer]]:
    child: Child[Answer] = await Child.start("tests.load.crowd", ["AEAD_AES_128_GCM", "4"], Answer)
    yield child
    await child.stop()


async def test_a_crowd_connects_speaks_counts_and_leaves(served: ServedMirror, crowd: Child[Answer]) -> None:
    mirror = served.mirror
    ready = await crowd.receive()
    assert isinstance(ready, Ready)
    assert len(ready.fingerprint.split(":")) == 32

    crowd.send(Open(7, sending=mirror.parameters(0), receiving=mirror.parameters(1)))
    assert await crowd.receive() == Connected(7, "AEAD_AES_128_GCM")

    video, audio = camera_stream(7), microphone_stream(7)
    crowd.send(Expect(7, [Consumer(video.ssrc, video=True), Consumer(audio.ssrc, video=False)], tell=True))
    crowd.send(Speak(7, video, audio))
    seen = await crowd.receive()
    assert isinstance(seen, KeyFrame)
    assert (seen.participant, seen.ssrc) == (7, video.ssrc)

    crowd.send(Mark())
    begun = mirror.forwarded
    await served.until(lambda: mirror.forwarded >= begun + 40)
    crowd.send(Report())
    measured = await crowd.receive()
    assert isinstance(measured, Measured)
    assert measured.sent >= 20
    assert measured.received >= 20
    assert (measured.lost, measured.undecryptable, measured.unsent) == (0, 0, 0)
    assert measured.latencies > 0
    assert 0 < measured.latency_p50_ms <= measured.latency_p99_ms

    crowd.send(Leave(7))
    crowd.send(Report())
    empty = await crowd.receive()
    assert isinstance(empty, Measured)
    assert empty.received == 0


async def test_a_crowd_that_cannot_connect_ends_with_an_error(served: ServedMirror, crowd: Child[Answer]) -> None:
    assert isinstance(await crowd.receive(), Ready)
    parameters = served.mirror.parameters(0)
    for one in parameters.dtls_parameters.fingerprints:
        one.value = one.value[::-1]
    crowd.send(Open(1, sending=parameters))
    with pytest.raises(ConnectionError, match="ended by itself"):
        await crowd.receive()
