"""PROTOCOL.md and the code say the same: nothing undocumented, nothing documented that is not there."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import signaling
from server.meeting.facts import KINDS, NumberedFact
from server.meeting.ports import Consumer, MediaTicket, Producer, TransportOffer
from server.meeting.state import State
from server.meeting.views import OUTSIDE, snapshot
from signaling import limits, messages, outbox, reading, translate
from signaling.messages import CommandMessage, Cursor, Handshake, MediaMessage, NotesMessage, Resume, ViewOne
from signaling.namespace import MAX_CONNECTIONS

TEXT = (Path(signaling.__file__).parent / "PROTOCOL.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The text below a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}.*?\n(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def rows(heading: str) -> dict[str, list[str]]:
    """The table of a section: the first column's name -> the other columns."""
    lines = [line for line in section(heading).splitlines() if line.startswith("| `")]
    cells = [re.split(r"\s*\|\s*", line.removeprefix("| ")) for line in lines]
    return {name: row[1:] for row in cells for name in re.findall(r"`(\w+)`", row[0])}


def names(cell: str) -> dict[str, bool]:
    """Field names of a cell -> optional; what stands in brackets explains."""
    return {name: bool(mark) for name, mark in re.findall(r"`(\w+)(\??)`", re.sub(r"\([^)]*\)", "", cell))}


def fields_of(shape: type[msgspec.Struct]) -> dict[str, bool]:
    return {field.name: not field.required for field in msgspec.structs.fields(shape)}


def tags(union: Any) -> dict[str, type[msgspec.Struct]]:
    return {str(one.__struct_config__.tag): one for one in get_args(union)}


@pytest.mark.parametrize(
    ("heading", "union"),
    [
        ("Commands: `command`", CommandMessage),
        ("Media requests: `media`", MediaMessage),
        ("Shared notes: `notes`", NotesMessage),
    ],
)
def test_every_message_is_documented_with_its_fields(heading: str, union: Any) -> None:
    documented = {name: names(row[0]) for name, row in rows(heading).items()}
    assert documented == {tag: fields_of(shape) for tag, shape in tags(union).items()}


def test_every_fact_is_documented_with_the_fields_that_travel() -> None:
    travelling: dict[str, set[str]] = {}
    inside = {name: kind for name, kind in KINDS.items() if kind not in OUTSIDE}
    for name, kind in inside.items():
        values = {field.name: () if field.name == "items" else "" for field in dataclasses.fields(kind)}
        travelling[name] = set(translate.fact(NumberedFact(1, 1, kind(**values)))) - {"number", "at_ms", "kind"}
    assert {name: set(names(row[0])) for name, row in rows("Facts").items()} == travelling


def test_the_snapshot_is_documented() -> None:
    assert set(rows("The snapshot")) == set(snapshot(State("m"), "chair"))


def listed(name: str) -> set[str]:
    """`**name** = `{a, b}`` or `name = {a, b}`."""
    found = re.search(rf"\*?\*?`?{name}`?\*?\*? = `\{{([^}}]*)\}}`", TEXT.replace("\n  ", " "))
    assert found, name
    return set(re.findall(r"\w+", found[1]))


def test_the_shapes_of_media_are_documented() -> None:
    offer = TransportOffer("t", {}, (), {})
    ticket = translate.ticket(MediaTicket("e", {}, offer, offer))
    assert listed(r"Ticket") == set(ticket)
    assert listed(r"receive") == set(ticket["send"])
    assert listed(r"Producer") == set(translate.producer(Producer("p", "s", "camera", "video")))
    assert listed(r"Consumer") == set(translate.consumer(Consumer("c", "p", "video", {})))
    assert listed(r"cursor") == set(fields_of(Cursor))
    assert listed(r"resume") == set(fields_of(Resume))
    assert set(re.findall(r"(\w+)\??[,}]", rows("Media requests: `media`")["view"][0])) == set(fields_of(ViewOne))


def test_the_handshake_is_documented() -> None:
    assert set(rows("Connecting")) == set(fields_of(Handshake))
    assert f"Protocol version {messages.PROTOCOL}." in TEXT


def test_the_limits_are_documented() -> None:
    said = section("Answers and errors") + section("Connecting") + section("What the server tells") + TEXT
    for limit in (
        f"{limits.COMMANDS.per_second:.0f} commands a second ({limits.COMMANDS.burst} at once)",
        f"{limits.MEDIA.per_second:.0f} media requests a second ({limits.MEDIA.burst} at once)",
        f"{limits.ENTRIES.burst} entries at once",
        f"{limits.NOTES.per_second:.0f} messages about notes a second ({limits.NOTES.burst} at once)",
        f"{outbox.MAX_NOTES_BYTES // 1024 // 1024} MiB of updates for each item",
        f"{limits.HOPELESS} refusals in a row",
        f"more than {MAX_CONNECTIONS} connections of one person",
        f"{outbox.MAX_FACTS:,} facts, {outbox.MAX_FACT_CHARS // 1_000_000} million characters",
        f"{outbox.MAX_HINTS} hints",
        f"at most {reading.MAX_PACKET_BYTES // 1024} KiB",
        f"at most {reading.MAX_ORTC_BYTES // 1024} KiB and {reading.MAX_ORTC_DEPTH} levels deep",
    ):
        assert limit in said.replace("\n", " "), limit


def examples() -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]


def test_the_examples_are_what_they_show() -> None:
    sent = [one for one in examples() if "type" in one]
    readers: dict[str, Callable[[object], object]] = dict.fromkeys(tags(CommandMessage), reading.read_command)
    readers |= dict.fromkeys(tags(MediaMessage), reading.read_media)
    assert {type(readers[one["type"]](one)) for one in sent} == {messages.Say, messages.View}
    assert reading.read(next(one for one in examples() if "ticket" in one), Handshake)
    fact = next(one for one in examples() if "kind" in one)
    assert set(fact) == {"number", "at_ms", "kind", "chat_id", "person_id", "text"}
