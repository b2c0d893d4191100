"""The narrow channel between the web process and a media process: messages, framed and bounded. No socket here."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from server.errors import Invalid
from server.meeting.ports import Direction, Kind, Producer, Source, View
from server.sfu.config import MediaConfig

LONGEST_MESSAGE_BYTES = 1 << 20
MOST_WAITING_BYTES = 4 << 20  # events that nobody reads; beyond it the other side is taken for dead


def _language() -> str:
    folder = Path(__file__).parent
    texts = (folder / "link.py", folder / "config.py", folder.parent / "meeting" / "ports.py")
    return sha256(b"\0".join(text.read_bytes() for text in texts)).hexdigest()[:16]


#: the text of the files that say what travels, as this process read them: after an upgrade the two sides differ
LANGUAGE = _language()


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Each message is an array: its tag, then its fields."""


# ---------------------------------------------------------------- wanted of the media process


class Configure(Message, frozen=True):
    """The first message; answered by Ready.

    folder: where to wait for another web process when this one is gone, "": end with the link. orphan_s: for how long.
    """

    config: MediaConfig
    log_level: str = "INFO"
    folder: str = ""
    orphan_s: float = 0.0


class Attach(Message, frozen=True):
    """The first message of a web process that came later; answered by Standing."""


class End(Message, frozen=True):
    """End in order. A link that closes without it means that the web process died."""


class Farewell(Message, frozen=True):
    """The web process ends in order, and another one is to come within so long."""

    within_s: float


class Budgets(Message, frozen=True):
    """Of each site's budget (its name), what viewers in this process may get together, in bit/s."""

    parts: dict[str, int]


class Admit(Message, frozen=True):
    meeting_id: str
    session_id: str


class Connect(Message, frozen=True):
    session_id: str
    direction: Direction
    dtls_parameters: dict[str, Any]


class RestartIce(Message, frozen=True):
    session_id: str
    direction: Direction


class Produce(Message, frozen=True):
    session_id: str
    source: Source
    kind: Kind
    rtp_parameters: dict[str, Any]


class SetPaused(Message, frozen=True):
    producer_id: str
    paused: bool


class Unproduce(Message, frozen=True):
    producer_id: str


class Consume(Message, frozen=True):
    session_id: str
    producer_id: str
    capabilities: dict[str, Any]


class Unconsume(Message, frozen=True):
    session_id: str
    consumer_id: str


class Show(Message, frozen=True):
    session_id: str
    views: tuple[View, ...]


class TellAgain(Message, frozen=True):
    session_id: str


class Dismiss(Message, frozen=True):
    session_id: str


class ListenIn(Message, frozen=True):
    """A listener that waits at this Unix socket; keys: server.sfu.listening."""

    meeting_id: str
    session_id: str
    address: str
    keys: bytes


class Ping(Message, frozen=True):
    """Is it still going round?"""


Verb: TypeAlias = (
    Configure
    | Attach
    | End
    | Farewell
    | Budgets
    | Admit
    | Connect
    | RestartIce
    | Produce
    | SetPaused
    | Unproduce
    | Consume
    | Unconsume
    | Show
    | TellAgain
    | Dismiss
    | ListenIn
    | Ping
)


class Request(Message, frozen=True):
    """`verb` is msgpack of a Verb: one that cannot be read still has a number to be answered under."""

    number: int
    verb: msgspec.Raw


# ---------------------------------------------------------------- told by the media process


class Answer(Message, frozen=True):
    """`value` is msgpack of what the verb returns."""

    number: int
    value: msgspec.Raw


class Failure(Message, frozen=True):
    """`kind` names the class in server.errors."""

    number: int
    kind: str
    code: str
    values: dict[str, str | int | float | bool]


class Ready(Message, frozen=True):
    epoch: str
    udp_port: int
    tcp_port: int


class Seat(Message, frozen=True):
    """One session. flowing_ms: for how long its media have flowed without a break, -1: they do not."""

    session_id: str
    flowing_ms: int


class StandingMeeting(Message, frozen=True):
    meeting_id: str
    seats: tuple[Seat, ...]
    producers: tuple[Producer, ...]


class SiteNeed(Message, frozen=True):
    """What one site's viewers in this process want, in bit/s: for their sound together, for pictures each of them."""

    site: str
    sound_bps: int
    wants_bps: tuple[int, ...]


class Standing(Message, frozen=True):
    """All that a web process must know to go on with a media process which another one had started.

    config: as it was configured, with the ports that it got.
    """

    language: str
    config: MediaConfig
    ready: Ready
    meetings: tuple[StandingMeeting, ...]
    needs: tuple[SiteNeed, ...] = ()


class Counts(Message, frozen=True):
    """Since the process began. lost_in: did not come from senders. repairs, key frames: wanted by viewers, asked of
    senders. bytes_in are payload, bytes_out what left towards viewers."""

    packets_in: int = 0
    bytes_in: int = 0
    lost_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    repairs_wanted: int = 0
    key_frames_wanted: int = 0
    repairs_asked: int = 0
    key_frames_asked: int = 0


class Load(Message, frozen=True):
    """Once a second. cpu_us: processor time since the process began; at_us: its monotonic clock."""

    cpu_us: int
    at_us: int
    sessions: int
    streams: int
    counts: Counts = Counts()


class SiteNeeds(Message, frozen=True):
    """All sites that have viewers here, when that changed."""

    needs: tuple[SiteNeed, ...]


class LineQuality(Message, frozen=True):
    """How good a session's line is, when that changed. level, reason: server.sfu.quality."""

    meeting_id: str
    session_id: str
    level: str
    reason: str


class ProducerOpened(Message, frozen=True):
    meeting_id: str
    producer: Producer


class ProducerChanged(Message, frozen=True):
    meeting_id: str
    producer: Producer


class ProducerClosed(Message, frozen=True):
    meeting_id: str
    producer: Producer


class MediaFlows(Message, frozen=True):
    meeting_id: str
    session_id: str


class MediaStopped(Message, frozen=True):
    """silent_ms: how long ago the last authentic packet came."""

    meeting_id: str
    session_id: str
    silent_ms: int


class Speakers(Message, frozen=True):
    meeting_id: str
    levels: dict[str, int]


class ConsumerChanged(Message, frozen=True):
    session_id: str
    consumer_id: str
    paused: bool
    reason: str
    width_px: int


Event: TypeAlias = (
    ProducerOpened
    | ProducerChanged
    | ProducerClosed
    | MediaFlows
    | MediaStopped
    | Speakers
    | ConsumerChanged
    | LineQuality
    | SiteNeeds
    | Load
)
Told: TypeAlias = (
    Answer
    | Failure
    | ProducerOpened
    | ProducerChanged
    | ProducerClosed
    | MediaFlows
    | MediaStopped
    | Speakers
    | ConsumerChanged
    | LineQuality
    | SiteNeeds
    | Load
)

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_verbs: msgspec.msgpack.Decoder[Verb] = msgspec.msgpack.Decoder(Verb)
_told: msgspec.msgpack.Decoder[Told] = msgspec.msgpack.Decoder(Told)


def raw(value: object) -> msgspec.Raw:
    """A verb's result, to travel inside an Answer."""
    return msgspec.Raw(_encoder.encode(value))


def frame(message: Request | Told) -> bytes:
    """Length (4 bytes, big endian) and message. Invalid("media.parameters") when longer than the other side reads."""
    body = _encoder.encode(message)
    if len(body) > LONGEST_MESSAGE_BYTES:
        raise Invalid("media.parameters", reason="too long")
    return len(body).to_bytes(4, "big") + body


class Frames:
    """Cuts a byte stream into messages."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """ConnectionError when the other side does not speak this language."""
        received = self._received
        received += data
        while len(received) >= 4:
            length = int.from_bytes(received[:4], "big")
            if length > LONGEST_MESSAGE_BYTES:
                raise ConnectionError("a message of the media link is too long")
            if len(received) < 4 + length:
                return
            body = bytes(received[4 : 4 + length])
            del received[: 4 + length]
            yield body


_MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError)  # msgspec lets Python's own error for bad UTF-8 through


def read_request(body: bytes) -> Request:
    """ConnectionError when malformed: both sides are of one release."""
    try:
        return _requests.decode(body)
    except _MALFORMED as error:
        raise ConnectionError(f"malformed request on the media link: {error}") from error


def read_verb(request: Request) -> Verb:
    """Invalid("media.parameters") when a field is not of its type."""
    try:
        return _verbs.decode(request.verb)
    except _MALFORMED as error:
        raise Invalid("media.parameters", reason=str(error)) from error


def read_told(body: bytes) -> Told:
    try:
        return _told.decode(body)
    except _MALFORMED as error:
        raise ConnectionError(f"malformed message on the media link: {error}") from error
