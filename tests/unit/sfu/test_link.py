"""The narrow channel: messages arrive whole however the stream is cut; nonsense is answered, or ends it."""

from __future__ import annotations

import asyncio
import socket
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid
from server.meeting.ports import Producer, View
from server.sfu import link
from server.sfu.config import MediaConfig
from tests.unit.sfu.listener import WITHIN_S

TOLD: list[link.Told] = [
    link.ProducerOpened("rapat", Producer("p1", "s1", "camera", "video")),
    link.MediaStopped("rapat", "s1", 15_000),
    link.Speakers("rapat", {"s1": 70, "s2": 40}),
    link.ConsumerChanged("s1", "c1", True, "bandwidth", 320),
    link.Failure(3, "Invalid", "media.parameters", {"reason": "x"}),
    link.Answer(4, link.raw({"a": [1, 2]})),
]
VERBS: list[link.Verb] = [
    link.Configure(MediaConfig(("127.0.0.1", "::1"), (), 8801, 8801)),
    link.Show("s1", (View("c1", False, 640, 360, 1), View("c2", True))),
    link.Produce("s1", "screen_audio", "audio", {"codecs": []}),
    link.TellAgain("s1"),
    link.Dismiss("s1"),
]


@given(st.lists(st.integers(1, 40), max_size=60))
def test_messages_arrive_whole_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream = b"".join(link.frame(message) for message in TOLD)
    frames, got = link.Frames(), []
    for size in [*cuts, len(stream)]:
        got += [link.read_told(body) for body in frames.feed(stream[:size])]
        stream = stream[size:]
    assert got == TOLD


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_comes_out_as_it_went_in(verb: link.Verb) -> None:
    [body] = link.Frames().feed(link.frame(link.Request(7, link.raw(verb))))
    request = link.read_request(body)
    assert request.number == 7
    assert link.read_verb(request) == verb


@pytest.mark.parametrize(
    "wrong",
    [
        ["Show", "s1", [["c1", False, "wide"]]],
        ["Produce", "s1", "telescope", "video", {}],
        ["Connect", 5, "send", {}],
        ["Explode"],
        [],
        7,
    ],
)
def test_a_verb_that_is_none_is_invalid(wrong: object) -> None:
    with pytest.raises(Invalid) as refused:
        link.read_verb(link.Request(1, msgspec.Raw(msgspec.msgpack.encode(wrong))))
    assert refused.value.code == "media.parameters"


def test_what_is_too_long_is_neither_sent_nor_read() -> None:
    with pytest.raises(Invalid):
        link.frame(link.Answer(1, link.raw("x" * (link.LONGEST_MESSAGE_BYTES + 1))))
    with pytest.raises(ConnectionError):
        list(link.Frames().feed(b"\xff\xff\xff\xff"))


@given(st.binary(max_size=100))
def test_nonsense_is_a_broken_connection_and_nothing_else(body: bytes) -> None:
    for read in (link.read_request, link.read_told):
        try:
            read(body)
        except ConnectionError:
            continue


class BareWorker:
    """A media process at the end of a link that a test writes by hand."""

    async def start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server.sfu.worker", str(number), pass_fds=[number]
            )
        self.reader, self.writer = await asyncio.open_unix_connection(sock=ours)
        self.frames = link.Frames()

    async def told(self) -> link.Told:
        async with asyncio.timeout(WITHIN_S):
            while True:
                for body in self.frames.feed(await self.reader.read(1)):
                    return link.read_told(body)

    def ask(self, number: int, verb: object) -> None:
        self.writer.write(link.frame(link.Request(number, link.raw(verb))))

    async def ends(self) -> int:
        return await asyncio.wait_for(self.process.wait(), WITHIN_S)


async def test_a_malformed_verb_is_answered_under_its_number_and_the_next_one_works() -> None:
    worker = BareWorker()
    await worker.start()
    worker.ask(1, link.Configure(MediaConfig(), "ERROR"))
    assert isinstance(ready := await worker.told(), link.Answer)
    assert msgspec.msgpack.decode(ready.value, type=link.Ready).udp_port > 0
    worker.ask(2, ["Produce", "s1", "telescope", "video", {}])
    failure = await worker.told()
    assert isinstance(failure, link.Failure)
    assert (failure.number, failure.kind, failure.code) == (2, "Invalid", "media.parameters")
    worker.ask(3, link.Unproduce("nothing"))
    failure = await worker.told()
    assert isinstance(failure, link.Failure)
    assert (failure.number, failure.kind) == (3, "NotFound")
    worker.writer.close()
    assert await worker.ends() == 0


async def test_a_media_process_ends_when_its_link_is_nonsense() -> None:
    worker = BareWorker()
    await worker.start()
    worker.writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await worker.ends() == 0
    worker.writer.close()


async def test_sigterm_ends_a_media_process_in_order() -> None:
    worker = BareWorker()
    await worker.start()
    worker.ask(1, link.Configure(MediaConfig(), "ERROR"))
    await worker.told()
    worker.process.terminate()
    assert await worker.ends() == 0
    worker.writer.close()
