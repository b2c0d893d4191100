"""Between the wire and the meeting: message -> command, fact and snapshot -> JSON, error -> sentence. Pure.

Nothing is authorised here: an Actor says who wants it, the meeting's rules say whether it may be.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from server.errors import BalaiError, Value
from server.meeting import commands
from server.meeting.commands import Actor, Command
from server.meeting.facts import ActionRecorded, DecisionRecorded, Fact, NumberedFact, StatementRecorded
from server.meeting.ports import Consumer, Hint, MediaTicket, Ortc, Producer, TransportOffer
from signaling import messages
from signaling.messages import CommandMessage

Wire: TypeAlias = dict[str, Any]  # JSON as it travels

PRIVATE_FIELDS = frozenset({"rank", "nip", "email", "account_id", "post_id", "official_id"})
"""Never sent into a room: the record needs them, those who sit beside somebody do not."""

RENAMED: Mapping[type[Fact], Mapping[str, str]] = {
    DecisionRecorded: {"number": "decision_number"},
    ActionRecorded: {"number": "action_number"},
    StatementRecorded: {"number": "statement_number"},
}
"""Fields that would be taken for those of every fact (number, at_ms, kind) in the flat form."""


class Sentences(Protocol):
    """The catalogues, as far as an error needs one."""

    def sentence(self, language: str, code: str, values: Mapping[str, Value]) -> str:
        """The sentence for an error's code in the reader's language."""
        ...


def error(failure: BalaiError, language: str, sentences: Sentences) -> Wire:
    return {
        "code": failure.code,
        "text": sentences.sentence(language, failure.code, failure.values),
        "values": dict(failure.values),
    }


# ------------------------------------------------------------ in


def command(message: CommandMessage, actor: Actor) -> Command:
    """What the message wants, of one's own session where the message names none."""
    if isinstance(message, messages.Leave):
        return commands.Leave(actor.session_id, "left")
    if isinstance(message, messages.ConfirmPresence):
        return commands.ConfirmPresence(actor.session_id, "act")
    if isinstance(message, messages.TakeBallot):
        return commands.TakeBallot(message.motion_id, message.member_id)
    wanted: type[Command] = getattr(commands, type(message).__name__)
    return wanted(**{name: getattr(message, name) for name in message.__struct_fields__})


# ------------------------------------------------------------ out


def fact(numbered: NumberedFact) -> Wire:
    """Flat: number, at_ms, kind (the fact's name in the journal) and the fact's own fields."""
    kind = type(numbered.fact)
    own = RENAMED.get(kind, {})
    fields = {own.get(name, name): value for name, value in plain(numbered.fact).items()}
    return {"number": numbered.number, "at_ms": numbered.at_ms, "kind": kind.__name__, **fields}


def plain(value: Any) -> Any:
    """A dataclass and what it holds as JSON values, without private fields."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {name: plain(getattr(value, name)) for name in names if name not in PRIVATE_FIELDS}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value


def hint(told: Hint) -> Wire:
    return {"kind": told.kind, "values": dict(told.values)}


def hint_key(told: Hint) -> str:
    """Hints with the same key say the newest state of the same thing: only the last one matters. All that is told of
    one stream shares a key, so that "closed" replaces an "opened" that still waits."""
    kind = told.kind
    if kind.startswith("producer_"):
        return f"producer:{told.values.get('producer_id', '')}"
    if kind == "consumer":
        return f"consumer:{told.values.get('consumer_id', '')}"
    if kind == "line":
        return f"line:{told.values.get('session_id', '')}"
    return "plane" if kind.startswith("plane_") else kind


def producer(told: Producer) -> Wire:
    return {
        "producer_id": told.producer_id,
        "session_id": told.session_id,
        "source": told.source,
        "kind": told.kind,
        "paused": told.paused,
    }


def consumer(told: Consumer) -> Wire:
    return {
        "consumer_id": told.consumer_id,
        "producer_id": told.producer_id,
        "kind": told.kind,
        "rtp_parameters": ortc(told.rtp_parameters),
        "paused": told.paused,
    }


def ticket(told: MediaTicket) -> Wire:
    return {
        "epoch": told.epoch,
        "router_capabilities": ortc(told.router_capabilities),
        "send": _offer(told.send),
        "receive": _offer(told.receive),
        "ice_servers": [ortc(server) for server in told.ice_servers],
    }


def _offer(offer: TransportOffer) -> Wire:
    return {
        "id": offer.transport_id,
        "iceParameters": ortc(offer.ice_parameters),
        "iceCandidates": [ortc(candidate) for candidate in offer.ice_candidates],
        "dtlsParameters": ortc(offer.dtls_parameters),
    }


def ortc(value: Ortc) -> Wire:
    """mediasoup-client's own object, as it is."""
    return dict(value)
