"""What the meeting needs from others, as small Protocols that belong to the side that calls them.

Adapters live elsewhere (sfu/plane, store/journal, signaling/outbox); short fakes live in tests/fakes.py, and one
contract test runs against both. No implementation belongs here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from server.meeting.facts import Fact, NumberedFact, SecretBallot

if TYPE_CHECKING:
    from server.meeting.state import State

Ortc: TypeAlias = Mapping[str, Any]  # one of mediasoup-client's ORTC objects; opaque to the meeting

Direction: TypeAlias = Literal["send", "receive"]  # as the browser sees it
Source: TypeAlias = Literal["microphone", "camera", "screen", "screen_audio"]
Kind: TypeAlias = Literal["audio", "video"]


# ---------------------------------------------------------------- the journal


class Journal(Protocol):
    """Durable, numbered, hash-chained facts. `append` returns only when they would survive SIGKILL."""

    async def append(self, meeting_id: str, after: int, at_ms: int, facts: Sequence[Fact]) -> tuple[NumberedFact, ...]:
        """Write `facts` as numbers after+1.. ; Conflict("journal.moved") if `after` is no longer the last number,
        or if this process does not hold the meeting's lease. A LetterNumbered without a number comes back with the
        next one of its register, taken with this append or not at all; Refused("register.unknown" |
        "register.closed" | "letter.number_taken")."""
        ...

    async def read(self, meeting_id: str, after: int = 0) -> tuple[NumberedFact, ...]:
        """All facts with a number above `after`, in order; NotFound if there is no such meeting."""
        ...

    async def take_lease(self, meeting_id: str) -> int | None:
        """Become the meeting's only writer. Returns when its last writer was last known alive (Unix ms), None if it
        ended in order or never wrote. Conflict("journal.leased") while another live process holds it."""
        ...

    async def give_lease(self, meeting_id: str) -> None:
        """Stop writing in order."""
        ...


# ---------------------------------------------------------------- the shared notes


class Notebook(Protocol):
    """What is written of the meeting's items, before it is in the record."""

    async def hold(self, meeting_id: str) -> Mapping[str, str]:
        """Nothing is written from now on until `release`. item_id -> the canonical text (richtext.py) of what may not
        be in the record yet. Unavailable when that cannot be read just now; then nothing is held."""
        ...

    def release(self, meeting_id: str, *, adopted: bool) -> None:
        """After `hold`; `adopted`: what it gave is in the record, or will never be."""
        ...

    async def settle(self, meeting_id: str) -> None:
        """What is written so far goes into the record, if it takes it; returns when it is there. Unavailable."""
        ...

    async def forget(self, meeting_id: str) -> None:
        """This process gives the meeting back."""
        ...


# ---------------------------------------------------------------- secret ballots


class BallotBoxes(Protocol):
    """The boxes of secret ballots, each with a key of its own. Nothing that is kept says who put a ballot in, when, or
    in which order. Every verb may raise Unavailable."""

    async def make(self, meeting_id: str, motion_id: str) -> str:
        """The public key (SubjectPublicKeyInfo, DER, hex) of a new box, or of the one there is."""
        ...

    async def sign(self, meeting_id: str, motion_id: str, blinded: bytes) -> bytes:
        """RFC 9474, BlindSign; the same for the same. Invalid("vote.paper"), Refused("vote.closed") without a box."""
        ...

    async def put(self, meeting_id: str, motion_id: str, key: str, ballot: SecretBallot) -> int:
        """How many are in it, once that is durable; one that is in it already changes nothing.
        Invalid("vote.ballot") where `key` has not signed it, Refused("vote.closed") once the box was closed."""
        ...

    async def count(self, meeting_id: str, motion_id: str) -> int: ...

    async def close(self, meeting_id: str, motion_id: str) -> tuple[SecretBallot, ...]:
        """All that is in it, by receipt; from now on nothing goes in, and its private key is gone. May be repeated."""
        ...

    async def drop(self, meeting_id: str, motion_id: str) -> None:
        """Its ballots are published, or never will be."""
        ...


# ---------------------------------------------------------------- the media plane


@dataclass(frozen=True, slots=True)
class TransportOffer:
    """mediasoup-client's transport options: id, iceParameters, iceCandidates, dtlsParameters, each in its ORTC form."""

    transport_id: str
    ice_parameters: Ortc
    ice_candidates: Sequence[Ortc]
    dtls_parameters: Ortc


@dataclass(frozen=True, slots=True)
class MediaTicket:
    """What a session needs to send and receive. `epoch` changes whenever the media process was started anew:
    everything of an older epoch is gone and the client negotiates again."""

    epoch: str
    router_capabilities: Ortc
    send: TransportOffer
    receive: TransportOffer
    ice_servers: Sequence[Ortc] = ()


@dataclass(frozen=True, slots=True)
class Producer:
    """One stream that a session sends, as the others may know it."""

    producer_id: str
    session_id: str
    source: Source
    kind: Kind
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Consumer:
    """One stream that a session receives; `rtp_parameters` go to mediasoup-client's consume()."""

    consumer_id: str
    producer_id: str
    kind: Kind
    rtp_parameters: Ortc
    paused: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """How a viewer wants one consumer: not at all (paused), or at the size in device pixels that it shows."""

    consumer_id: str
    paused: bool = False
    width_px: int = 0
    height_px: int = 0
    priority: int = 0  # higher first when the line is too thin: 2 screen, 1 speaker or pinned, 0 others


class MediaPlane(Protocol):
    """The SFU. Every verb raises Unavailable("media.down") while the media process is being started again,
    NotFound for an unknown session or producer, Invalid("media.parameters") for what cannot be negotiated."""

    async def admit(self, meeting_id: str, session_id: str) -> MediaTicket:
        """Make the session's two transports. Asking again in the same epoch replaces them."""
        ...

    async def connect(self, session_id: str, direction: Direction, dtls_parameters: Ortc) -> None: ...

    async def restart_ice(self, session_id: str, direction: Direction) -> Ortc:
        """New iceParameters; the old ones stay valid until a check with the new ones arrives."""
        ...

    async def produce(self, session_id: str, source: Source, kind: Kind, rtp_parameters: Ortc) -> Producer:
        """A second stream of the same source replaces the first."""
        ...

    async def set_paused(self, producer_id: str, paused: bool) -> None:
        """At the server: nothing of a paused producer is forwarded, whatever its sender does."""
        ...

    async def unproduce(self, producer_id: str) -> None: ...

    async def consume(self, session_id: str, producer_id: str, capabilities: Ortc) -> Consumer: ...

    async def unconsume(self, session_id: str, consumer_id: str) -> None: ...

    async def view(self, session_id: str, views: Sequence[View]) -> None:
        """What the session shows now; consumers that are not named keep their last view."""
        ...

    async def tell_again(self, session_id: str) -> None:
        """`consumer_changed` for each of its consumers: it may have missed some while its line was down."""
        ...

    async def dismiss(self, session_id: str) -> None:
        """Close everything of the session; never raises for an unknown one."""
        ...

    def producers(self, meeting_id: str) -> tuple[Producer, ...]:
        """Every stream of the meeting in this epoch, from what the plane last said; no round trip."""
        ...

    def epoch_of(self, meeting_id: str) -> str | None:
        """Of the media process in which the meeting lives; None while that is down, or when nobody was admitted."""
        ...

    def sessions(self, meeting_id: str) -> Mapping[str, int | None]:
        """Who was admitted, and since when (Unix ms) their media flow without a break; None: they do not flow."""
        ...

    def meetings(self) -> tuple[str, ...]:
        """Those of which somebody is admitted, also what another web process left behind."""
        ...


class MediaListener(Protocol):
    """What the plane tells of its own accord. Calls are synchronous and quick (they post to mailboxes)."""

    def producer_opened(self, meeting_id: str, producer: Producer) -> None: ...

    def producer_changed(self, meeting_id: str, producer: Producer) -> None:
        """Paused or resumed."""
        ...

    def producer_closed(self, meeting_id: str, producer: Producer) -> None: ...

    def media_flows(self, meeting_id: str, session_id: str) -> None:
        """The session's media path works: authenticated ICE and DTLS stand and consent is fresh."""
        ...

    def media_stopped(self, meeting_id: str, session_id: str, since_ms: int) -> None:
        """Nothing authenticated came any more since `since_ms` (wall clock)."""
        ...

    def speakers(self, meeting_id: str, levels: Mapping[str, int]) -> None:
        """session_id -> loudness 0..100 of who speaks now, loudest first; empty when all are silent."""
        ...

    def line_quality(self, meeting_id: str, session_id: str, level: str, reason: str) -> None:
        """How good the session's line is: "good", "fair" or "poor", because of "loss", "delay" or "bandwidth"."""
        ...

    def consumer_changed(self, session_id: str, consumer_id: str, paused: bool, reason: str, width_px: int) -> None:
        """The plane paused ("bandwidth", "sender", "limit") or resumed a picture, or changed its size."""
        ...

    def plane_down(self, meeting_id: str, since_ms: int) -> None:
        """The media process in which the meeting lived died, and all its streams with it. It is being started again."""
        ...

    def plane_up(self, meeting_id: str, epoch: str) -> None: ...


# ---------------------------------------------------------------- the recorder


class Recorder(Protocol):
    """Whoever takes a meeting's sound and pictures, when the state says so."""

    def look(self, state: State) -> None:
        """The meeting, or its streams, have changed. Quick, and never waited for."""
        ...


# ---------------------------------------------------------------- the audience


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that is true only now and is never part of the record (who speaks, which streams there are)."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Audience(Protocol):
    """Whoever watches a meeting's room. Calls are synchronous and never wait for a slow watcher."""

    def facts(self, meeting_id: str, facts: Sequence[NumberedFact]) -> None:
        """New facts, durable already; each watcher gets those it may see, in order."""
        ...

    def hint(self, meeting_id: str, hint: Hint, session_id: str | None = None) -> None:
        """To one session, or to all of the room; may be dropped for a slow watcher in favour of a newer one."""
        ...

    def dismissed(self, meeting_id: str, session_id: str, code: str) -> None:
        """The session is over (`removed`, `replaced`, `closed`): its connection ends after what was queued."""
        ...
