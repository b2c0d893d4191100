"""The composer: `python -m recordings.compose.worker FD`, a process of its own for one job. It takes what the machine
has left over, waits when it is told that somebody meets, and ends with the web process that started it.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress

import av
import msgspec
import structlog

from recordings import link
from recordings.compose.clip import Cutter
from recordings.compose.orders import Clip, Done, Failed, Order, Pause, Progress, Resume, Told, Whole, orders
from recordings.compose.whole import Composer
from recordings.seal import SealBroken
from server import log as logging

log = structlog.get_logger(__name__)

READ_BYTES = 1 << 18
NO_SPACE = 28


class Worker:
    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe
        self._received = bytearray()
        self._free = threading.Event()
        self._free.set()

    def run(self) -> None:
        order = self._first()
        if order is None:
            return
        threading.Thread(target=self._listen, daemon=True).start()
        self._tell(self._carried_out(order))

    def _first(self) -> Whole | Clip | None:
        while data := self._pipe.recv(READ_BYTES):
            self._received += data
            for one in orders(self._received):
                if isinstance(one, Whole | Clip):
                    return one
                self._do(one)
        return None

    def _carried_out(self, order: Whole | Clip) -> Done | Failed:
        try:
            if isinstance(order, Clip):
                return Cutter(order, self._wait, self._tell).run()
            return Composer(order, self._wait, self._tell).run()
        except OSError as error:
            log.error("cannot be composed", error=str(error))
            return Failed("disk" if error.errno == NO_SPACE else "failed")
        except SealBroken as error:
            log.error("what was taken is not as it was", what=error.values.get("what"))
            return Failed("broken")

    def _listen(self) -> None:
        """Its own thread: the work itself never looks at the line."""
        with suppress(ConnectionError, msgspec.MsgspecError):
            while data := self._pipe.recv(READ_BYTES):
                self._received += data
                for one in orders(self._received):
                    self._do(one)
        os._exit(1)  # nobody wants it any more; every piece is whole or not there

    def _wait(self) -> None:
        self._free.wait()

    def _do(self, order: Order) -> None:
        match order:
            case Pause():
                self._free.clear()
            case Resume():
                self._free.set()

    def _tell(self, message: Told | Progress) -> None:
        with suppress(BrokenPipeError):
            self._pipe.sendall(link.frame(message))


def be_modest() -> None:
    """Everybody else first: the lowest priority, and where the system has it, only idle time."""
    os.nice(19)
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """The one argument is the descriptor of the inherited end of the link."""
    logging.outlive_readers()
    logging.configure()
    av.logging.set_level(av.logging.ERROR)
    be_modest()
    Worker(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
