"""A watcher's queue: facts all and in order, hints the newest, both bounded; nobody ever waits for a slow watcher."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from signaling import outbox as module
from signaling.outbox import MAX_FACTS, MAX_HINTS, MAX_NOTES_BYTES, NOTES_PER_ANSWER, WINDOW, Outbox, Wire, notes
from signaling.shared import Shared


class Watcher:
    """A connection whose other side acknowledges only when told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, object]] = []
        self.acknowledgements: list[Callable[[], None]] = []
        self.is_cut = asyncio.Event()
        self.quick = True
        self.was_hard = False

    async def emit(self, event: str, payload: object, acknowledged: Callable[[], None] | None) -> None:
        self.got.append((event, payload))
        if acknowledged is not None:
            self.acknowledgements.append(acknowledged)
            if self.quick:
                acknowledged()

    async def cut(self, *, hard: bool) -> None:
        self.was_hard = hard
        self.is_cut.set()

    def numbers(self) -> list[int]:
        return [fact["number"] for event, payload in self.got if event == "facts" for fact in payload]  # type: ignore[attr-defined]

    def hints(self) -> list[object]:
        return [payload for event, payload in self.got if event == "hint"]


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
async def outbox(watcher: Watcher) -> AsyncIterator[Outbox]:
    box = Outbox(watcher)
    pump = asyncio.create_task(box.pump())
    yield box
    pump.cancel()
    await asyncio.wait([pump])


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def fact(number: int, text: str = "") -> Wire:
    return {"number": number, "text": text}


async def test_facts_arrive_in_order(watcher: Watcher, outbox: Outbox) -> None:
    for number in range(1, 501):
        outbox.put_facts([fact(number)])
    await settle()
    assert watcher.numbers() == list(range(1, 501))


async def test_only_a_window_is_on_the_way(watcher: Watcher, outbox: Outbox) -> None:
    watcher.quick = False
    for number in range(1, 11):
        outbox.put_facts([fact(number)])
        await settle()
    assert watcher.numbers() == list(range(1, WINDOW + 1))
    watcher.acknowledgements[0]()
    await settle()
    assert watcher.numbers() == list(range(1, 11))


async def test_a_newer_hint_replaces_one_that_waits(watcher: Watcher, outbox: Outbox) -> None:
    watcher.quick = False
    for number in range(WINDOW):
        outbox.put_facts([fact(number)])
        await settle()
    for loudness in range(50):
        outbox.put_hint("speakers", {"loudness": loudness})
        outbox.put_hint("producer:p", {"paused": bool(loudness % 2)})
    for acknowledge in list(watcher.acknowledgements):
        acknowledge()
    await settle()
    assert watcher.hints() == [{"loudness": 49}, {"paused": True}]


@pytest.mark.parametrize(
    "flood",
    [
        lambda box: box.put_facts([fact(number) for number in range(MAX_FACTS + WINDOW + 1)]),
        lambda box: [box.put_facts([fact(number, "x" * 100_000)]) for number in range(60)],
        lambda box: [box.put_hint(f"producer:{number}", {}) for number in range(MAX_HINTS + WINDOW + 1)],
    ],
    ids=["facts", "long facts", "hints"],
)
async def test_who_does_not_keep_up_is_cut(watcher: Watcher, outbox: Outbox, flood: Callable[[Outbox], object]) -> None:
    watcher.quick = False
    flood(outbox)
    await settle()
    assert watcher.is_cut.is_set()
    assert watcher.was_hard
    assert "bye" not in [event for event, _ in watcher.got]


async def test_a_goodbye_comes_after_the_facts_and_ends_it(watcher: Watcher, outbox: Outbox) -> None:
    outbox.put_facts([fact(1)])
    outbox.put_bye({"code": "closed"})
    outbox.put_facts([fact(2)])
    outbox.put_hint("speakers", {})
    await settle()
    assert watcher.got == [("facts", [fact(1)]), ("bye", {"code": "closed"})]
    assert watcher.is_cut.is_set()


async def test_a_goodbye_does_not_wait_for_ever(
    watcher: Watcher, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAST_WORDS_S", 0.01)
    watcher.quick = False
    for number in range(WINDOW + 1):
        outbox.put_facts([fact(number)])
        await settle()
    outbox.put_bye({"code": "closed"})
    await asyncio.wait_for(watcher.is_cut.wait(), 5)
    assert len(watcher.numbers()) == WINDOW


def told(number: int, item_id: str = "i1") -> Shared[object]:
    cursor = {"person_id": "p1", "client": number % 3, "anchor": "", "head": ""}
    return Shared(notes(item_id, [bytes([number])], [cursor]))


async def test_every_reader_who_keeps_up_gets_the_very_same_payload_of_notes(watcher: Watcher, outbox: Outbox) -> None:
    one = told(1)
    outbox.put_notes(one)
    await settle()
    assert watcher.got[0][1] is one


async def test_notes_ask_for_one_answer_in_four_and_what_waits_travels_as_one(watcher: Watcher, outbox: Outbox) -> None:
    watcher.quick = False
    for number in range(40):
        outbox.put_notes(told(number))
        await settle()
    assert len(watcher.acknowledgements) == WINDOW
    assert len(watcher.got) == WINDOW * NOTES_PER_ANSWER
    outbox.put_notes(told(40, "i2"))
    watcher.acknowledgements[0]()
    await settle()
    last: list[Any] = [payload for _, payload in watcher.got[WINDOW * NOTES_PER_ANSWER :]]
    assert [one["item_id"] for one in last] == ["i1", "i2"]
    assert last[0]["updates"] == [bytes([number]) for number in range(WINDOW * NOTES_PER_ANSWER, 40)]
    assert [one["client"] for one in last[0]["cursors"]] == [1, 2, 0]


async def test_a_reader_who_lacks_too_much_is_told_to_synchronise(watcher: Watcher, outbox: Outbox) -> None:
    watcher.quick = False
    for _ in range(WINDOW * NOTES_PER_ANSWER):
        outbox.put_notes(told(1))
        await settle()
    for _ in range(2):
        outbox.put_notes(notes("i1", [b"x" * (MAX_NOTES_BYTES // 2 + 1)], []))
    watcher.acknowledgements[0]()
    await settle()
    assert watcher.got[-1][1] == notes("i1", [], [], stale=True)
