"""The naive way to build an SFU in Python, measured beside ours: aiortc's RTCPeerConnection and MediaRelay, which
decode each stream once and encode it again for each viewer. `serve` is the server's process, `attend` the clients'."""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
import time
from fractions import Fraction
from typing import Any, TypeAlias

import aioice.ice
import av
import msgspec
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription, rtcrtpreceiver
from aiortc.contrib.media import MediaRelay
from aiortc.rtcrtpreceiver import RTCRtpReceiver

from tests.load.children import LONGEST_LINE_BYTES
from tests.load.sources import AUDIO_PACKETS_PER_SECOND, VIDEO_FRAMES_PER_SECOND

NO_STUN_SERVER = RTCConfiguration(iceServers=[])
WIDTH, HEIGHT = 1280, 720
VIDEO_BPS = 960_000  # what our synthetic camera sends: 100 packets of 1,200 bytes a second
AUDIO_BPS = 32_000  # 80 bytes each 20 ms
LOOP_S = 4
BLOCK, NOISE = 40, 48  # pixels: the picture is of moving blocks, one corner of noise keeps the encoder at its bitrate


class Descriptions(msgspec.Struct, tag="descriptions"):
    """One session description (SDP) per client, in the clients' order."""

    sdp: list[str]


class Mark(msgspec.Struct, tag="mark"):
    """Begin the measured interval."""


class Report(msgspec.Struct, tag="report"):
    """End it; answered by Attended."""


class Attended(msgspec.Struct, tag="attended"):
    """What all clients together sent and received in the interval; frames are video frames whole enough to decode."""

    interval_s: float
    packets_received: int
    frames_sent: int
    frames_received: int


Order: TypeAlias = Descriptions | Mark | Report
Answer: TypeAlias = Descriptions | Attended


def stay_on_loopback() -> None:
    """aioice leaves 127.0.0.1 out of its candidates; a benchmark has no business on any other interface."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


# -- the server


async def answer_all(offers: list[str]) -> tuple[list[RTCPeerConnection], list[str]]:
    """Takes every client's offer, then answers each with the relayed tracks of all the others."""
    relay = MediaRelay()
    connections = [RTCPeerConnection(NO_STUN_SERVER) for _ in offers]
    for connection, sdp in zip(connections, offers, strict=True):
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    # A client offers its own two tracks first, and places for the others' after them.
    tracks = [
        [transceiver.receiver.track for transceiver in connection.getTransceivers()[:2]] for connection in connections
    ]
    answers = []
    for viewer, connection in enumerate(connections):
        for sender, pair in enumerate(tracks):
            for track in pair if sender != viewer else []:
                # Unbuffered: a saturated relay then drops frames instead of falling further and further behind.
                connection.addTrack(relay.subscribe(track, buffered=False))
        await connection.setLocalDescription(await connection.createAnswer())
        answers.append(connection.localDescription.sdp)
    return connections, answers


# -- the clients


class RecordedTrack(MediaStreamTrack):
    """Plays packets that were encoded beforehand, in a loop and in time: clients cost no encoder."""

    def __init__(self, kind: str, packets: list[bytes], per_second: int) -> None:
        super().__init__()
        self.kind = kind
        self.sent = 0
        self._packets = packets
        self._per_second = per_second
        self._begun_s = time.monotonic()

    async def recv(self) -> av.Packet[Any]:
        due_s = self._begun_s + self.sent / self._per_second
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        packet = av.Packet(self._packets[self.sent % len(self._packets)])
        packet.pts = self.sent
        packet.time_base = Fraction(1, self._per_second)
        self.sent += 1
        return packet


def encoded_video() -> list[bytes]:
    """A few seconds of VP8 that begin with a key frame: blocks that move, at the bitrate of our synthetic camera."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base = Fraction(1, VIDEO_FRAMES_PER_SECOND)
    encoder.bit_rate = VIDEO_BPS
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "minrate": str(VIDEO_BPS), "maxrate": str(VIDEO_BPS)}
    generator = np.random.default_rng(seed=1)
    rows = HEIGHT * 3 // 2  # planar 4:2:0: the two colour planes lie below the picture
    picture = generator.integers(64, 192, size=(rows // BLOCK, WIDTH // BLOCK), dtype=np.uint8)
    picture = picture.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
    packets: list[bytes] = []
    for number in range(LOOP_S * VIDEO_FRAMES_PER_SECOND):
        moved = np.roll(picture, 2 * number, axis=1)
        moved[:NOISE, :NOISE] = generator.integers(0, 255, size=(NOISE, NOISE), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(moved, format="yuv420p")
        frame.pts = number
        packets.extend(bytes(packet) for packet in encoder.encode(frame))
    return packets


def encoded_audio() -> list[bytes]:
    """A tone in Opus packets of 20 ms."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.bit_rate = AUDIO_BPS
    encoder.options = {"vbr": "off"}
    samples = 48_000 // AUDIO_PACKETS_PER_SECOND
    packets: list[bytes] = []
    for number in range(LOOP_S * AUDIO_PACKETS_PER_SECOND):
        moments = (np.arange(samples) + number * samples) / 48_000
        tone = (8_000 * np.sin(2 * np.pi * 440 * moments)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone.repeat(2).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, number * samples
        packets.extend(bytes(packet) for packet in encoder.encode(frame))
    return packets


class FrameCount:
    """Stands where aiortc's decoder thread stands: counts the frames that are whole and throws them away, so that the
    clients leave the machine to the server that is measured."""

    def __init__(self) -> None:
        self.video_frames = 0

    def run(
        self,
        loop: asyncio.AbstractEventLoop,
        input_q: queue.Queue[Any],
        output_q: asyncio.Queue[Any],
        decode_error: threading.Event,
    ) -> None:
        while (task := input_q.get()) is not None:
            codec, _frame = task
            self.video_frames += codec.name == "VP8"


class Attendees:
    """All clients of the room."""

    def __init__(self, count: int) -> None:
        self._frames = FrameCount()
        rtcrtpreceiver.decoder_worker = self._frames.run
        video, audio = encoded_video(), encoded_audio()
        self._cameras = [RecordedTrack("video", video, VIDEO_FRAMES_PER_SECOND) for _ in range(count)]
        self._microphones = [RecordedTrack("audio", audio, AUDIO_PACKETS_PER_SECOND) for _ in range(count)]
        self._connections = [RTCPeerConnection(NO_STUN_SERVER) for _ in range(count)]
        self._marked = Attended(0.0, 0, 0, 0)

    async def offers(self) -> list[str]:
        for connection, camera, microphone in zip(self._connections, self._cameras, self._microphones, strict=True):
            connection.addTransceiver(camera)
            connection.addTransceiver(microphone)
            for _ in range(len(self._connections) - 2):  # the first pair of lines carries one of the others
                connection.addTransceiver("video", direction="recvonly")
                connection.addTransceiver("audio", direction="recvonly")
            await connection.setLocalDescription(await connection.createOffer())
        return [connection.localDescription.sdp for connection in self._connections]

    async def take(self, answers: list[str]) -> None:
        for connection, sdp in zip(self._connections, answers, strict=True):
            await connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def mark(self) -> None:
        self._marked = await self._totals()

    async def report(self) -> Attended:
        now, then = await self._totals(), self._marked
        return Attended(
            interval_s=now.interval_s - then.interval_s,
            packets_received=now.packets_received - then.packets_received,
            frames_sent=now.frames_sent - then.frames_sent,
            frames_received=now.frames_received - then.frames_received,
        )

    async def _totals(self) -> Attended:
        receivers: list[RTCRtpReceiver] = [
            one for connection in self._connections for one in connection.getReceivers() if one is not None
        ]
        packets = 0
        for receiver in receivers:
            for stats in (await receiver.getStats()).values():
                if stats.type == "inbound-rtp":
                    packets += stats.packetsReceived
        return Attended(
            interval_s=time.monotonic(),
            packets_received=packets,
            frames_sent=sum(one.sent for one in self._cameras),
            frames_received=self._frames.video_frames,
        )

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()


# -- the two processes


async def orders() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=LONGEST_LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    return reader


def answer(message: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


async def serve() -> None:
    reader = await orders()
    order = msgspec.json.decode(await reader.readline(), type=Descriptions)
    connections, answers = await answer_all(order.sdp)
    answer(Descriptions(answers))
    await reader.read()  # until the benchmark closes our input
    for connection in connections:
        await connection.close()


async def attend(count: int) -> None:
    reader = await orders()
    attendees = Attendees(count)
    answer(Descriptions(await attendees.offers()))
    decoder = msgspec.json.Decoder(Order)
    while line := await reader.readline():
        order = decoder.decode(line)
        match order:
            case Descriptions():
                await attendees.take(order.sdp)
            case Mark():
                await attendees.mark()
            case Report():
                answer(await attendees.report())
    await attendees.close()


if __name__ == "__main__":
    stay_on_loopback()
    asyncio.run(serve() if sys.argv[1] == "serve" else attend(int(sys.argv[2])))
