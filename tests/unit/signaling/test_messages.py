"""What a browser sends is hostile until it was read: every shape but the documented one is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid
from signaling import messages
from signaling.messages import CommandMessage, Enter, MediaMessage, Say, View
from signaling.reading import read, read_command, read_media, read_notes

SAY: dict[str, Any] = {"type": "say", "chat_id": "c1", "text": "Selamat pagi"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=30,
)


def test_a_command_is_read() -> None:
    assert read_command(SAY) == Say("c1", "Selamat pagi")


@pytest.mark.parametrize(
    "change",
    [
        {"type": "sing"},
        {"type": "join"},
        {"chat_id": ""},
        {"chat_id": "c" * 65},
        {"chat_id": "two words"},
        {"chat_id": "line\n"},
        {"chat_id": 7},
        {"text": ""},
        {"text": "x" * 4_001},
        {"text": "bell \x07"},
        {"text": "half a character \ud83d"},
        {"text": ["x"]},
        {"more": 1},
    ],
)
def test_a_command_that_is_not_as_documented_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        read_command(SAY | change)
    assert refused.value.code == "message.invalid"


@pytest.mark.parametrize("payload", [None, 1, "say", [], [SAY], {}, {"type": None}, {"type": {"type": "say"}}, b"say"])
def test_what_is_no_command_is_refused(payload: object) -> None:
    with pytest.raises(Invalid):
        read_command(payload)


def test_the_place_of_a_fault_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        read_command(SAY | {"text": 1})
    assert refused.value.values == {"field": "$.text"}


def test_an_update_of_notes_is_bytes_and_bounded() -> None:
    update = {"type": "update", "item_id": "", "update": b"\0" * 131_072}
    assert read_notes(update)
    for bad in (b"", b"\0" * 131_073, "AAAA", None, [b"x"]):
        with pytest.raises(Invalid):
            read_notes(update | {"update": bad})
    cursor = {"client": 1, "anchor": "AAA=", "head": ""}
    assert read_notes(update | {"cursor": cursor})
    for worse in ({"anchor": b"x"}, {"head": "<b>"}, {"client": -1}, {"name": "Orang lain"}):
        with pytest.raises(Invalid):
            read_notes(update | {"cursor": cursor | worse})
    with pytest.raises(Invalid):
        read_notes(update | {"item_id": "\ud800"})
    with pytest.raises(Invalid):
        read_notes(b"update")


@pytest.mark.parametrize("due", ["2026-1-1", "tomorrow", "2026-01-01\n", "2026-01-011"])
def test_a_date_is_a_date(due: str) -> None:
    with pytest.raises(Invalid):
        read_command({"type": "record_action", "action_id": "a", "item_id": "", "what": "x", "who": "", "due": due})


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize(
    "capabilities",
    [nested(12), nested(50_000), {"codecs": [0] * 5_000}, {"codecs": ["x" * 70_000]}, {"a": float}, []],
    ids=["deep", "very deep", "many", "large", "no JSON", "no object"],
)
def test_ortc_objects_are_bounded(capabilities: object) -> None:
    with pytest.raises(Invalid):
        read_media({"type": "consume", "producer_id": "p", "capabilities": capabilities})


def test_views_are_bounded() -> None:
    one = {"consumer_id": "c", "width_px": 640, "height_px": 360}
    assert isinstance(read_media({"type": "view", "views": [one] * 400}), View)
    for views in ([one] * 401, [one | {"width_px": -1}], [one | {"width_px": 1e9}], [one | {"priority": 3}]):
        with pytest.raises(Invalid):
            read_media({"type": "view", "views": views})


@given(json_values)
def test_no_payload_breaks_the_reader(payload: object) -> None:
    for reader in (read_command, read_media, lambda value: read(value, Enter)):
        with suppress(Invalid):
            reader(payload)


@given(st.sampled_from([*get_args(CommandMessage), *get_args(MediaMessage)]), st.dictionaries(st.text(), json_values))
def test_no_fields_break_a_known_type(shape: type[messages.Message], fields: dict[str, Any]) -> None:
    payload = fields | {"type": shape.__struct_config__.tag}
    for reader in (read_command, read_media):
        with suppress(Invalid):
            reader(payload)
