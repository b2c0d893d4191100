"""A process full of synthetic participants, told what to do by JSON lines on its standard input. It shares nothing with
the server's processes but the loopback interface, so what it costs is never counted as the server's."""

from __future__ import annotations

import gc
import heapq
import os
import select
import sys
import time
from collections.abc import Callable
from typing import TypeAlias

import msgspec
from aiortc.rtcdtlstransport import RTCCertificate

from tests.load.participant import OutgoingStream, Participant
from tests.load.reception import ReceivedStream, percentile
from tests.load.sources import AUDIO_PACKETS_PER_SECOND, VIDEO_FRAMES_PER_SECOND
from tests.load.transport import ServerTransport, Transport

FRAME_NS = 1_000_000_000 // VIDEO_FRAMES_PER_SECOND
AUDIO_NS = 1_000_000_000 // AUDIO_PACKETS_PER_SECOND
REPORT_NS = 1_000_000_000
CONSENT_NS = 2_500_000_000  # as Chromium does
NUDGE_NS = 100_000_000
# The golden ratio spreads any number of senders over a frame's time: rooms do not blink in step, and runs repeat.
GOLDEN = 0.618_033_988_75


class Open(msgspec.Struct, tag="open"):
    """Connect one participant's transports; answered by Connected."""

    participant: int
    sending: ServerTransport | None = None
    receiving: ServerTransport | None = None


class Speak(msgspec.Struct, tag="speak"):
    participant: int
    video: OutgoingStream
    audio: OutgoingStream


class Consumer(msgspec.Struct):
    ssrc: int
    video: bool


class Expect(msgspec.Struct, tag="expect"):
    """Count these streams; with `tell` the first key frame of each video is answered by KeyFrame."""

    participant: int
    consumers: list[Consumer]
    tell: bool = False


class Leave(msgspec.Struct, tag="leave"):
    participant: int


class Mark(msgspec.Struct, tag="mark"):
    """Begin the measured interval."""


class Report(msgspec.Struct, tag="report"):
    """End it; answered by Measured."""


Order: TypeAlias = Open | Speak | Expect | Leave | Mark | Report


class Ready(msgspec.Struct, tag="ready"):
    """The first line: the SHA-256 fingerprint of the certificate that all participants of this crowd share."""

    fingerprint: str


class Connected(msgspec.Struct, tag="connected"):
    participant: int
    profile: str


class KeyFrame(msgspec.Struct, tag="key_frame"):
    """at_ns: the kernel's arrival time (CLOCK_REALTIME) of the last packet of the first complete key frame."""

    participant: int
    ssrc: int
    at_ns: int


class Measured(msgspec.Struct, tag="measured"):
    """sent: by all speakers; received: by all viewers; lost: holes in the sequence numbers viewers saw."""

    interval_s: float
    sent: int
    unsent: int
    received: int
    lost: int
    undecryptable: int
    latencies: int
    latency_p50_ms: float
    latency_p99_ms: float


Answer: TypeAlias = Ready | Connected | KeyFrame | Measured


class Timers:
    """Repeating calls in the order they are due; never drifts, and drops beats it is more than one period late for."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, Callable[[], None]]] = []
        self._count = 0

    def every(self, period_ns: int, first_ns: int, call: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (first_ns, self._count, period_ns, call))

    def run_due(self, now_ns: int) -> None:
        heap = self._heap
        while heap and heap[0][0] <= now_ns:
            due_ns, number, period_ns, call = heap[0]
            next_ns = due_ns + period_ns
            heapq.heapreplace(heap, (next_ns if next_ns > now_ns - period_ns else now_ns, number, period_ns, call))
            call()

    def wait_s(self, now_ns: int) -> float:
        return max(0.0, (self._heap[0][0] - now_ns) / 1e9) if self._heap else 1.0


class Crowd:
    """Owns the participants of this process and its only loop."""

    def __init__(self, profile: str, decrypt_every: int) -> None:
        self._profile = profile
        self._decrypt_every = decrypt_every
        self._certificate = RTCCertificate.generateCertificate()
        self._participants: dict[int, Participant] = {}
        self._connecting: set[int] = set()
        self._awaited: list[tuple[int, ReceivedStream]] = []
        self._drains: dict[int, Callable[[], None]] = {}
        self._epoll = select.epoll()
        self._timers = Timers()
        self._input = b""
        self._running = True
        self._marked_ns = 0
        self._decoder = msgspec.json.Decoder(Order)

    def run(self) -> None:
        """Until standard input ends."""
        standard_input = sys.stdin.fileno()
        os.set_blocking(standard_input, False)
        self._watch(standard_input, self._read_orders)
        self._timers.every(REPORT_NS, time.monotonic_ns(), self._each(Participant.send_reports))
        self._timers.every(CONSENT_NS, time.monotonic_ns(), self._each(Participant.keep_consent))
        self._timers.every(NUDGE_NS, time.monotonic_ns(), self._nudge)
        fingerprint = next(one.value for one in self._certificate.getFingerprints() if one.algorithm == "sha-256")
        self._answer(Ready(fingerprint))
        gc.disable()  # nothing here makes cycles while it runs, and a collection would count as latency
        while self._running:
            # epoll's own time-out has a resolution of 1 ms; select on the epoll descriptor has one of 1 us.
            select.select([self._epoll], [], [], self._timers.wait_s(time.monotonic_ns()))
            for descriptor, _events in self._epoll.poll(0):
                drain = self._drains.get(descriptor)
                if drain is not None:
                    drain()
                self._timers.run_due(time.monotonic_ns())
            self._timers.run_due(time.monotonic_ns())
            self._tell_news()

    def _watch(self, descriptor: int, drain: Callable[[], None]) -> None:
        self._drains[descriptor] = drain
        self._epoll.register(descriptor, select.EPOLLIN)

    def _each(self, act: Callable[[Participant], None]) -> Callable[[], None]:
        def act_for_all() -> None:
            for one in self._participants.values():
                act(one)

        return act_for_all

    def _nudge(self) -> None:
        for number in self._connecting:
            self._participants[number].nudge()

    # -- orders

    def _read_orders(self) -> None:
        chunk = os.read(sys.stdin.fileno(), 1 << 20)
        if not chunk:
            self._running = False
            return
        *lines, self._input = (self._input + chunk).split(b"\n")
        for line in lines:
            self._obey(self._decoder.decode(line))

    def _obey(self, order: Order) -> None:
        match order:
            case Open():
                self._open(order)
            case Speak():
                self._speak(order)
            case Expect():
                participant = self._participants[order.participant]
                for consumer in order.consumers:
                    stream = participant.expect(consumer.ssrc, video=consumer.video)
                    if order.tell and consumer.video:
                        self._awaited.append((order.participant, stream))
            case Leave():
                self._leave(order.participant)
            case Mark():
                self._marked_ns = time.monotonic_ns()
                for participant in self._participants.values():
                    participant.mark()
            case Report():
                self._report()

    def _open(self, order: Open) -> None:
        participant = self._participants.setdefault(
            order.participant, Participant(self._certificate, self._profile, self._decrypt_every)
        )
        opened: list[Transport] = []
        if order.sending is not None:
            opened.append(participant.open_sending(order.sending))
        if order.receiving is not None:
            opened.append(participant.open_receiving(order.receiving))
        for transport in opened:
            self._watch(transport.socket.fileno(), transport.drain)
        self._connecting.add(order.participant)

    def _speak(self, order: Speak) -> None:
        participant = self._participants[order.participant]
        participant.speak(order.video, order.audio)
        phase = (order.participant * GOLDEN) % 1.0
        now_ns = time.monotonic_ns()
        self._timers.every(FRAME_NS, now_ns + int(phase * FRAME_NS), participant.send_frame)
        self._timers.every(AUDIO_NS, now_ns + int(phase * AUDIO_NS), participant.send_audio)

    def _leave(self, number: int) -> None:
        participant = self._participants.pop(number)
        self._connecting.discard(number)
        self._awaited = [one for one in self._awaited if one[0] != number]
        for transport in participant.transports:
            self._epoll.unregister(transport.socket)
            del self._drains[transport.socket.fileno()]
        participant.close()

    # -- answers

    def _tell_news(self) -> None:
        for number in [one for one in self._connecting if self._participants[one].connected]:
            self._connecting.discard(number)
            self._answer(Connected(number, self._profile))
        for item in [one for one in self._awaited if one[1].first_key_frame_ns is not None]:
            self._awaited.remove(item)
            number, stream = item
            self._answer(KeyFrame(number, stream.ssrc, stream.first_key_frame_ns or 0))

    def _report(self) -> None:
        totals = [participant.totals() for participant in self._participants.values()]
        latencies = [value for one in totals for value in one.latencies_ms]
        self._answer(
            Measured(
                interval_s=(time.monotonic_ns() - self._marked_ns) / 1e9,
                sent=sum(one.sent for one in totals),
                unsent=sum(one.unsent for one in totals),
                received=sum(one.received for one in totals),
                lost=sum(one.lost for one in totals),
                undecryptable=sum(one.undecryptable for one in totals),
                latencies=len(latencies),
                latency_p50_ms=percentile(latencies, 50),
                latency_p99_ms=percentile(latencies, 99),
            )
        )

    def _answer(self, answer: Answer) -> None:
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    Crowd(profile=sys.argv[1], decrypt_every=int(sys.argv[2])).run()
