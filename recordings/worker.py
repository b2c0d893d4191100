"""The recorder: `python -m recordings.worker FD`, a process of its own for one meeting's recording, so that a slow disk
harms no meeting. It hears over a local line, writes sealed files, and ends with the web process that started it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

import msgspec
import structlog

from recordings import link
from recordings.timing import SenderTime
from recordings.track import Place, Source, Track
from server import log as logging
from server.clock import monotonic_us, wall_us
from server.rtp import rtcp
from server.rtp.packet import PacketError, RtpHeader
from server.sfu.listening import ListenerLine

log = structlog.get_logger(__name__)

READ_BYTES = 1 << 18
FLUSH_S = 0.4  # with a cluster of 0.4 s: what a crash costs is under a second
OURS = 1  # the recorder's own SSRC in its requests


class Recorder:
    """Everything of one recording but its process."""

    def __init__(self, begin: link.Begin) -> None:
        self._place = Place(Path(begin.folder), begin.key)
        self._keep_free_bytes = begin.keep_free_bytes
        self._begun_us = monotonic_us() - (wall_us() - begin.began_ms * 1000)
        self._line = ListenerLine(begin.keys)
        self._senders: dict[str, SenderTime] = {}
        self._tracks: dict[int, Track] = {}
        self._streams = begin.first
        self._header = RtpHeader()
        #: requests to the media process, encrypted
        self.out = bytearray()

    def follow(self, wanted: link.Follow) -> None:
        self.leave(wanted.ssrc)
        source = Source(
            self._streams, wanted.ssrc, wanted.person_id, wanted.source, wanted.mime_type, wanted.clock_rate
        )
        self._streams += 1
        sender = self._senders.setdefault(wanted.cname, SenderTime())
        self._tracks[wanted.ssrc] = Track(source, self._place, sender, begun_us=self._begun_us, ask=self._ask)

    def leave(self, ssrc: int) -> None:
        """OSError when the disk is full."""
        track = self._tracks.pop(ssrc, None)
        if track is not None:
            track.close()

    def _ask(self, ssrc: int) -> None:
        self.out += self._line.report(rtcp.build(rtcp.Pli(OURS, ssrc)))

    def receive(self, data: bytes) -> None:
        """Encrypted bytes of the line. ConnectionError, OSError."""
        arrival_us = monotonic_us()
        header, tracks = self._header, self._tracks
        for packet in self._line.feed(data):
            if 192 <= packet[1] < 224:  # RFC 5761 4
                self._report(bytes(packet))
                continue
            try:
                header.read(packet, len(packet))
            except PacketError:
                continue
            track = tracks.get(header.ssrc)
            if track is not None:
                track.receive(header, packet, arrival_us)

    def _report(self, compound: bytes) -> None:
        for one in rtcp.parse(compound):
            if isinstance(one, rtcp.SenderReport) and one.ssrc in self._tracks:
                self._tracks[one.ssrc].reported(one.ntp, one.rtp)

    def flush(self) -> None:
        """Often. OSError when the disk is full, or nearly."""
        now_us = monotonic_us()
        for track in self._tracks.values():
            track.flush(now_us)
        if shutil.disk_usage(self._place.folder).free < self._keep_free_bytes:
            raise OSError(28, "less is free than must stay free")

    def finish(self) -> None:
        """Close what can be closed; a file that cannot is one that was cut off."""
        for ssrc in tuple(self._tracks):
            try:
                self.leave(ssrc)
            except OSError as error:
                log.error("a recorded stream was cut off", error=str(error))


class Worker:
    """Its process: the link to the web process, the line from the media process, and a timer."""

    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe
        self._writer: asyncio.StreamWriter | None = None
        self._recorder: Recorder | None = None
        self._line: asyncio.StreamWriter | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._failed = False
        self._ended = asyncio.Event()

    async def run(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._ended.set)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)  # the terminal's; the parent decides
        reader, self._writer = await asyncio.open_connection(sock=self._pipe)
        obeying = asyncio.create_task(self._obey(reader))
        flushing = asyncio.create_task(self._flush())
        with tempfile.TemporaryDirectory(prefix="balai-rec-") as place:
            address = f"{place}/line"
            server = await asyncio.start_unix_server(self._take_line, address, limit=READ_BYTES)
            os.chmod(address, 0o600)
            self._tell(link.Ready(address))
            await self._ended.wait()
            server.close()
        if self._recorder is not None:
            self._recorder.finish()
        self._tell(link.Finished())
        for task in (obeying, flushing, self._hearing):
            if task is not None:
                task.cancel()
        if self._line is not None:
            self._line.close()
        self._writer.close()

    def _tell(self, message: link.Told) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(link.frame(message))

    async def _obey(self, reader: asyncio.StreamReader) -> None:
        frames = link.Frames()
        while data := await reader.read(READ_BYTES):
            try:
                wishes = frames.wanted(data)
            except (ConnectionError, msgspec.MsgspecError) as error:
                log.error("the recorder was told nonsense", error=str(error))
                break
            for wanted in wishes:
                self._do(wanted)
        self._ended.set()

    def _do(self, wanted: link.Wanted) -> None:
        recorder = self._recorder
        try:
            match wanted:
                case link.Begin():
                    self._recorder = Recorder(wanted)
                case link.Follow() if recorder is not None:
                    recorder.follow(wanted)
                case link.Leave(ssrc) if recorder is not None:
                    recorder.leave(ssrc)
                case link.Finish():
                    self._ended.set()
        except OSError as error:
            self._fail("disk", error)

    def _take_line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._line is not None:
            writer.close()
            return
        self._line = writer
        self._hearing = asyncio.create_task(self._hear(reader, writer))

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(READ_BYTES):
                if self._recorder is not None and not self._failed:
                    self._recorder.receive(data)
                    self._ask(writer)
        except ConnectionError as error:
            self._fail("line", error)
            return
        except OSError as error:
            self._fail("disk", error)
            return
        self._fail("line", None)

    def _ask(self, writer: asyncio.StreamWriter) -> None:
        recorder = self._recorder
        if recorder is not None and recorder.out:
            writer.write(bytes(recorder.out))
            recorder.out.clear()

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            recorder = self._recorder
            if recorder is None or self._failed:
                continue
            try:
                recorder.flush()
            except OSError as error:
                self._fail("disk", error)
                continue
            if self._line is not None:
                self._ask(self._line)

    def _fail(self, reason: str, error: Exception | None) -> None:
        if self._failed or self._ended.is_set():
            return
        self._failed = True
        log.error("the recording cannot go on", reason=reason, error=str(error))
        self._tell(link.Failed(reason))


def main() -> None:
    """The one argument is the descriptor of the inherited end of the link."""
    logging.outlive_readers()
    logging.configure()
    asyncio.run(Worker(socket.socket(fileno=int(sys.argv[1]))).run())


if __name__ == "__main__":
    main()
