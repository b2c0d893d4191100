"""Takes what is written in shared notes: checked, kept, and only then told and acknowledged; adopted when it rests.

Who may write is asked of the meeting's law for every batch. No wire and no table is known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from server.clock import Clock
from server.errors import BalaiError, Invalid, NotFound, Refused, Unavailable
from server.meeting import commands, roles
from server.meeting.commands import SERVER, Actor
from server.meeting.state import State
from server.meeting.writing import known_item
from server.notes import fragment
from server.notes.book import Book, Letter, Page
from server.notes.ports import Meetings, Readers, Shelf, Written
from server.notes.shared import UPDATE_BYTES, SharedText, merged
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

EVERY_MS = 25  # batches of one meeting: at most 40 a second are told to everybody, however many write
LATER_MS = 2  # for each update of the last batch: when many write, each reader is told less often
AT_LEAST_EVERY_MS = 60
BATCH = 256  # updates in one commit
WAITING = 1_024  # of one meeting; what comes on top is refused and kept by its writer
REST_MS = 10_000  # without a key while the meeting is on: adopted
REST_AFTER_MS = 1_500  # when it is over: papers are looked at soon
COMPACT_ROWS = 64
SWEEP_S = 0.5


@dataclass(frozen=True, slots=True)
class Opened:
    """`update`: what the reader lacks. `state`: what is known here, so that the reader tells what lacks here."""

    update: bytes
    state: bytes
    writable: bool


class NotesDesk:
    """Implements server.meeting.ports.Notebook and signaling's Notes."""

    def __init__(self, shelf: Shelf, readers: Readers, clock: Clock) -> None:
        self._shelf, self._readers, self._clock = shelf, readers, clock
        self._meetings: Meetings | None = None
        self._books: dict[str, Book] = {}
        self._tasks = TaskOwner("notes")
        self._closed = False

    def serve(self, meetings: Meetings) -> None:
        """From now on; the meetings themselves ask this desk, so it is made before them."""
        self._meetings = meetings

    def start(self) -> None:
        """Look at the clock from now on."""
        self._tasks.start("sweep", self._keep_sweeping())

    async def close(self) -> None:
        """What waits is refused; its writers keep it and come back."""
        self._closed = True
        for book in self._books.values():
            book.refuse_all(Unavailable("room.closed"))
        await self._tasks.close()

    # ------------------------------------------------------------ reading and writing

    async def open(self, meeting_id: str, actor: Actor, item_id: str, state: bytes) -> Opened:
        """All but the public may read. NotFound("meeting.no_item" | "meeting.unknown"), Refused."""
        meeting = await self._state(meeting_id)
        if meeting.role(actor.person_id) in (None, "watcher"):
            raise Refused("meeting.not_allowed")
        if item_id:
            known_item(meeting, item_id)
        book = self._book(meeting_id)
        async with book.turn:
            page = await self._page(book, meeting, item_id)
            return Opened(page.text.lacking(state), page.text.state, _may_write(meeting, item_id, actor))

    async def write(self, meeting_id: str, actor: Actor, item_id: str, update: bytes, connection: str) -> None:
        """Returns when it would survive SIGKILL. Raises what roles.check raises, Invalid("notes.invalid" |
        "notes.too_long"), Conflict("notes.behind"), Unavailable("notes.busy" | "room.closed" | "store.unavailable")."""
        if self._closed:
            raise Unavailable("room.closed")
        if len(update) > UPDATE_BYTES:
            raise Invalid("notes.too_long", most=UPDATE_BYTES)
        book = self._book(meeting_id)
        if len(book.waiting) >= WAITING:
            raise Unavailable("notes.busy")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        book.waiting.append(Letter(item_id, actor, update, connection, done))
        if not book.works:
            book.works = True
            self._tasks.start(f"write {meeting_id}", self._work(book))
        await done

    # ------------------------------------------------------------ adopting: the meeting asks

    async def hold(self, meeting_id: str) -> Mapping[str, str]:
        """Nothing is written until `release`. item_id -> the canonical text of what may not be in the record yet.
        Unavailable("store.unavailable")."""
        book = self._book(meeting_id)
        await book.turn.acquire()
        try:
            book.held = await self._unsettled(book)
        except Unavailable:
            book.turn.release()
            raise
        except BalaiError as error:  # rows that cannot be read any more must not keep a meeting from being closed
            log.error("notes cannot be read", meeting=meeting_id, code=error.code)
            book.held = {}
        return book.held

    def release(self, meeting_id: str, *, adopted: bool) -> None:
        """After `hold`. `adopted`: what it gave was decided upon."""
        book = self._book(meeting_id)
        for item_id in book.held if adopted else ():
            (book.pages or {})[item_id].rests = True
        book.held = {}
        book.turn.release()

    async def settle(self, meeting_id: str) -> None:
        """What was acknowledged so far is in the record when this returns; nothing happens where the record takes no
        more. Unavailable: it could not be written just now."""
        try:
            roles.check(await self._state(meeting_id), commands.AdoptNotes("", ""), SERVER)
            book = self._book(meeting_id)
            async with book.turn:
                texts = await self._unsettled(book)
                for item_id in texts:
                    (book.pages or {})[item_id].rests = True
            await self._adopt(book, texts)
        except Unavailable:
            raise
        except BalaiError as error:
            log.info("notes not settled", meeting=meeting_id, code=error.code)

    async def forget(self, meeting_id: str) -> None:
        """This process no longer has the meeting."""
        if (book := self._books.get(meeting_id)) is not None:
            async with book.turn:
                self._books.pop(meeting_id, None)
                book.refuse_all(Unavailable("room.closed"))

    async def _unsettled(self, book: Book) -> dict[str, str]:
        pages = await self._pages(book)
        return {item_id: page.text.canonical() for item_id, page in pages.items() if not page.rests}

    async def sweep(self) -> None:
        """Look at the clock once: adopt what rests, and put what is kept of it into one row."""
        for book in list(self._books.values()):
            try:
                await self._let_rest(book)
            except BalaiError as error:  # tried again when somebody writes, or the meeting goes on
                log.warning("notes not adopted", meeting=book.meeting_id, code=error.code)

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            await self.sweep()

    async def _let_rest(self, book: Book) -> None:
        if book.waiting or not any(not page.rests for page in (book.pages or {}).values()):
            return
        meeting = await self._state(book.meeting_id)
        rest_ms = REST_AFTER_MS if meeting.status == "closed" else REST_MS
        now_ms = self._clock.monotonic_ms()
        async with book.turn:
            ripe = {
                item_id: page
                for item_id, page in (book.pages or {}).items()
                if not page.rests and now_ms - page.touched_ms >= rest_ms
            }
            texts = {item_id: page.text.canonical() for item_id, page in ripe.items()}
            for item_id, page in ripe.items():
                page.rests = True
                if page.rows >= COMPACT_ROWS:
                    await self._shelf.compact(
                        book.meeting_id, self._clock.now_ms(), item_id, page.last, page.text.whole()
                    )
                    page.rows = 1
        await self._adopt(book, texts)

    async def _adopt(self, book: Book, texts: Mapping[str, str]) -> None:
        """Of pages that rest: those that could not be adopted just now rest no longer, and are tried again."""
        left = dict(texts)
        try:
            for item_id, text in texts.items():
                await self._wanted.submit(book.meeting_id, SERVER, commands.AdoptNotes(item_id, text))
                del left[item_id]
        except Unavailable:
            for item_id in left:
                if (page := (book.pages or {}).get(item_id)) is not None:
                    page.rests = False
            raise

    # ------------------------------------------------------------ one batch

    async def _work(self, book: Book) -> None:
        try:
            while book.waiting:
                await asyncio.sleep(max(0, book.next_ms - self._clock.monotonic_ms()) / 1000)
                async with book.turn:
                    letters = book.take(BATCH)
                    pause_ms = min(EVERY_MS + LATER_MS * (len(letters) - 1), AT_LEAST_EVERY_MS) if EVERY_MS else 0
                    book.next_ms = self._clock.monotonic_ms() + pause_ms
                    await self._carry_out(book, letters)
                    book.taken = []
        finally:
            book.works = False
            if book.taken:  # it broke off: what is in memory may not be what is kept
                book.pages = None
            book.refuse_all(Unavailable("room.closed"))

    async def _carry_out(self, book: Book, letters: Sequence[Letter]) -> None:
        try:
            meeting = await self._state(book.meeting_id)
        except BalaiError as error:
            book.pages = None
            for letter in letters:
                letter.reply(error)
            return
        by_item: dict[str, list[Letter]] = {}
        for letter in letters:
            try:
                roles.check(meeting, commands.EditNotes(letter.item_id), letter.actor)
                if letter.item_id:
                    known_item(meeting, letter.item_id)
            except BalaiError as error:
                letter.reply(error)
            else:
                by_item.setdefault(letter.item_id, []).append(letter)
        for item_id, of_item in by_item.items():
            await self._take(book, meeting, item_id, of_item)

    async def _take(self, book: Book, meeting: State, item_id: str, letters: Sequence[Letter]) -> None:
        """Together where all of it is sound; else each by itself, so that one hostile update harms no other."""
        try:
            page = await self._page(book, meeting, item_id)
            for letter in letters:
                page.text.apply(letter.update)
            page.text.check()
        except BalaiError as error:
            book.pages = None  # what was taken in by halves is read anew
            if len(letters) == 1:
                letters[0].reply(error)
                return
            for letter in letters:
                await self._take(book, meeting, item_id, [letter])
            return
        try:
            await self._keep(book, page, item_id, letters)
        except BalaiError as error:
            book.pages = None
            for letter in letters:
                letter.reply(error)
            return
        update = merged([letter.update for letter in letters])
        self._readers.written(book.meeting_id, item_id, update, frozenset(letter.connection for letter in letters))
        for letter in letters:
            letter.reply()

    async def _keep(self, book: Book, page: Page, item_id: str, letters: Sequence[Letter]) -> None:
        by_person: dict[str, list[bytes]] = {}
        for letter in letters:
            by_person.setdefault(letter.actor.person_id, []).append(letter.update)
        rows = [Written(item_id, person_id, merged(updates)) for person_id, updates in by_person.items()]
        await self._shelf.add(book.meeting_id, self._clock.now_ms(), rows)
        page.last += len(rows)
        page.rows += len(rows)
        page.rests = False
        page.touched_ms = self._clock.monotonic_ms()

    # ------------------------------------------------------------ what there is

    @property
    def _wanted(self) -> Meetings:
        if self._meetings is None:
            raise Unavailable("room.closed")
        return self._meetings

    async def _state(self, meeting_id: str) -> State:
        await self._wanted.ready(meeting_id)
        return await self._wanted.state(meeting_id)

    def _book(self, meeting_id: str) -> Book:
        return self._books.setdefault(meeting_id, Book(meeting_id))

    async def _pages(self, book: Book) -> dict[str, Page]:
        if book.pages is None:
            return book.fill(await self._shelf.read(book.meeting_id))
        return book.pages

    async def _page(self, book: Book, meeting: State, item_id: str) -> Page:
        """What stood there before notes were shared (or before this text was) is its first row."""
        pages = await self._pages(book)
        if item_id in pages:
            return pages[item_id]
        page = Page(SharedText())
        before = meeting.notes.get(item_id)
        if before is not None and before.blocks:
            update = fragment.seed(before.blocks)
            await self._shelf.add(book.meeting_id, self._clock.now_ms(), [Written(item_id, "", update)])
            page = Page(SharedText([update]), 1, 1)
        pages[item_id] = page
        return page


def _may_write(meeting: State, item_id: str, actor: Actor) -> bool:
    try:
        roles.check(meeting, commands.EditNotes(item_id), actor)
    except (Refused, NotFound):
        return False
    return True
