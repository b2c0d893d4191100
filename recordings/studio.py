"""Makes watchable files of what was recorded: takes the orders from the meetings' state, one at a time, never beside a
running meeting. Driven by the difference, as the desk: a job that was interrupted goes on where it stopped. It decides
nothing but when.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import structlog

from recordings import manifest as manifests
from recordings import outcome
from recordings.compose.orders import Clip, Done, Failed, Progress, Whole
from recordings.composing import ComposerProcess
from recordings.manifest import Manifest
from recordings.plan import Plan, Wording, make
from recordings.ports import Keys, Record
from recordings.process import composed_folder, folder_of
from recordings.space import Space
from server.errors import BalaiError, Unavailable
from server.meeting import commands
from server.meeting.commands import SERVER
from server.meeting.facts import CompositionFault, NumberedFact
from server.meeting.recording import Composition
from server.meeting.state import State
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

Doing: TypeAlias = Literal["waiting", "paused", "listening", "drawing", "finishing"]
LOOK_S = 2.0
MOST_DEATHS = 3
BYTES_PER_S = 400_000  # of the outcome: pieces and files while they are both there


@dataclass(frozen=True, slots=True)
class Job:
    """How far it is. share: 0 to 1; paused: somebody meets."""

    composition_id: str
    doing: Doing
    share: float


@dataclass(frozen=True, slots=True)
class Shop:
    """What the studio works with. busy(): somebody meets on this machine; words: of the language of the picture."""

    folder: Path
    keys: Keys
    space: Space
    words: Wording
    busy: Callable[[], bool]


class _Cannot(Exception):
    """With the fault that is written down."""

    def __init__(self, fault: CompositionFault) -> None:
        super().__init__(fault)
        self.fault = fault


class Studio:
    """`write_to` first, then `start`. after_meetings: compose unasked when a meeting that was recorded is closed."""

    def __init__(self, shop: Shop, *, after_meetings: bool = True, at_once: int = 1) -> None:
        self._shop, self._after, self._at_once = shop, after_meetings, at_once
        self._record: Record | None = None
        self._tasks = TaskOwner("studio")
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._known: set[tuple[str, str]] = set()
        self._asked: set[str] = set()
        self._withdrawn: set[tuple[str, str]] = set()
        self._jobs: dict[tuple[str, str], Job] = {}
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    def write_to(self, record: Record) -> None:
        self._record = record

    async def start(self) -> None:
        for number in range(self._at_once):
            self._tasks.start(f"compose {number}", self._work())
        for meeting_id in await asyncio.to_thread(_unfinished, self._shop.folder):
            try:
                self.look(await self._book.state(meeting_id))
            except BalaiError as error:
                log.warning("a recording cannot be looked at", meeting=meeting_id, code=error.code)

    async def close(self) -> None:
        await self._tasks.close()

    @property
    def _book(self) -> Record:
        if self._record is None:
            raise RuntimeError("the studio was never told where meetings are")
        return self._record

    def job(self, meeting_id: str, composition_id: str) -> Job | None:
        """None: it is neither being made nor waiting here."""
        return self._jobs.get((meeting_id, composition_id))

    def look(self, state: State) -> None:
        """The meeting has changed. Quick."""
        for one in state.recording.compositions:
            key = (state.meeting_id, one.composition_id)
            if one.status == "ordered" and key not in self._known:
                self._known.add(key)
                self._jobs[key] = Job(one.composition_id, "waiting", 0.0)
                self._waiting.put_nowait(key)
            elif one.status == "withdrawn" and key not in self._withdrawn:
                self._withdrawn.add(key)
                self._withdraw(key)
        if self._after and _wants(state) and state.meeting_id not in self._asked:
            self._asked.add(state.meeting_id)
            self._tasks.start(f"order {state.meeting_id}", self._order(state.meeting_id))

    async def _order(self, meeting_id: str) -> None:
        await self._tell(meeting_id, commands.OrderComposition(secrets.token_hex(8)))

    def _withdraw(self, key: tuple[str, str]) -> None:
        self._forget(key)
        running = self._running.get(key)
        if running is not None:
            running.cancel()
        else:
            self._tasks.start(f"remove {key[1]}", self._discard(key))

    async def _discard(self, key: tuple[str, str]) -> None:
        await asyncio.to_thread(_remove, composed_folder(self._shop.folder, *key))

    def _forget(self, key: tuple[str, str]) -> None:
        self._jobs.pop(key, None)
        self._known.discard(key)

    # -- work

    async def _work(self) -> None:
        while True:
            key = await self._waiting.get()
            if key not in self._known:
                continue  # withdrawn meanwhile
            task = self._running[key] = self._tasks.start(f"compose {key[1]}", self._compose(key))
            await asyncio.wait([task])
            del self._running[key]
            if task.cancelled() and key not in self._known:
                await self._discard(key)
            self._forget(key)

    async def _compose(self, key: tuple[str, str]) -> None:
        meeting_id, composition_id = key
        try:
            report = await self._made(key)
        except _Cannot as error:
            log.error("cannot be composed", meeting=meeting_id, reason=error.fault)
            report = commands.ReportCompositionFailed(composition_id, error.fault)
        except BalaiError as error:
            log.error("cannot be composed now", meeting=meeting_id, code=error.code)
            return  # when the server is started again
        if report is not None:
            await self._tell(meeting_id, report)
            await self._tidy(meeting_id)

    async def _made(self, key: tuple[str, str]) -> commands.Command | None:
        meeting_id, composition_id = key
        state = await self._book.state(meeting_id)
        one = state.recording.composition(composition_id)
        if one is None or one.status != "ordered":
            return None
        finished = await asyncio.to_thread(_finished, composed_folder(self._shop.folder, *key))
        if finished is not None:  # and nobody could be told
            made, digest = finished
            return commands.ReportComposed(composition_id, digest, sum(f.bytes for f in made.files), made.length_ms)
        order = await self._order_for(state, one)
        for _ in range(MOST_DEATHS):
            told = await self._with_process(key, order)
            if isinstance(told, Done):
                return commands.ReportComposed(composition_id, told.manifest, told.size_bytes, told.length_ms)
            if isinstance(told, Failed):
                raise _Cannot(told.reason)
            log.warning("a composer died", meeting=meeting_id)
        raise _Cannot("failed")

    async def _with_process(self, key: tuple[str, str], order: Whole | Clip) -> Done | Failed | None:
        try:
            process = await ComposerProcess.spawn()
        except OSError:
            raise _Cannot("failed") from None
        process.pause(self._shop.busy())
        watching = asyncio.create_task(self._watch(key, process))
        try:
            return await process.work(order, lambda told: self._heard(key, told))
        finally:
            watching.cancel()

    async def _watch(self, key: tuple[str, str], process: ComposerProcess) -> None:
        while True:
            process.pause(self._shop.busy())
            job = self._jobs.get(key)
            if process.paused and job is not None:
                self._jobs[key] = Job(job.composition_id, "paused", job.share)
            await asyncio.sleep(LOOK_S)

    def _heard(self, key: tuple[str, str], told: Progress) -> None:
        self._jobs[key] = Job(key[1], told.stage, told.done / max(1, told.total))

    async def _order_for(self, state: State, one: Composition) -> Whole | Clip:
        folder, meeting_id = self._shop.folder, state.meeting_id
        key = await self._shop.keys.for_reading(meeting_id)
        if key is None:
            raise _Cannot("broken")
        into = composed_folder(folder, meeting_id, one.composition_id)
        await self._has_room((one.until_ms - one.from_ms) if one.kind == "clip" else _length(state))
        if one.kind == "clip":
            whole = state.recording.whole
            if whole is None:
                raise _Cannot("broken")
            source = composed_folder(folder, meeting_id, whole.composition_id) / "video.mp4.sealed"
            return Clip(str(source), str(into), key, one.from_ms, one.until_ms, state.plan.title)
        plan, takes = await self._plan(state)
        keep = self._shop.space.keep_free_bytes
        return Whole(str(folder / meeting_id), str(into), key, plan, takes, keep)

    async def _has_room(self, length_ms: int) -> None:
        left = await asyncio.to_thread(self._shop.space.left_bytes)
        if left < length_ms * BYTES_PER_S // 1000:
            raise _Cannot("disk")

    async def _plan(self, state: State) -> tuple[Plan, dict[str, str]]:
        record = await self._book.facts_after(state.meeting_id, 0)
        taken = {one.recording_id: one.manifest for one in state.recording.taken}
        return await asyncio.to_thread(self._planned, state.meeting_id, record, taken)

    def _planned(
        self, meeting_id: str, record: Sequence[NumberedFact], taken: dict[str, str]
    ) -> tuple[Plan, dict[str, str]]:
        known = [_manifest(folder_of(self._shop.folder, meeting_id, one), digest) for one, digest in taken.items()]
        plan = make(meeting_id, record, known, self._shop.words)
        if plan is None:
            raise _Cannot("broken")
        return plan, taken

    # -- what is told, and what is left

    async def _tell(self, meeting_id: str, command: commands.Command) -> None:
        try:
            await self._book.submit(meeting_id, SERVER, command)
        except Unavailable as error:
            log.warning("nobody could be told of a composed file", meeting=meeting_id, code=error.code)
        except BalaiError as error:
            log.info("a composed file is not wanted", meeting=meeting_id, code=error.code)

    async def _tidy(self, meeting_id: str) -> None:
        """The files of what failed, and of wholes that a newer one replaced."""
        state = await self._book.state(meeting_id)
        last = state.recording.whole
        for one in state.recording.compositions:
            old = one.kind == "whole" and one.status == "made" and one is not last
            if old or one.status == "failed":
                await asyncio.to_thread(_remove, composed_folder(self._shop.folder, meeting_id, one.composition_id))


def _wants(state: State) -> bool:
    now = state.recording
    return (
        state.status == "closed"
        and now.status == "off"
        and now.sealed
        and any(one.size_bytes for one in now.taken)
        and not any(one.kind == "whole" for one in now.compositions)
        and "recordings" not in state.keeping.erased
    )


def _length(state: State) -> int:
    return sum(one.ended_ms - one.began_ms for one in state.recording.taken)


def _manifest(folder: Path, digest: str) -> Manifest:
    """As it was sealed, or not at all."""
    path = folder / manifests.NAME
    try:
        if manifests.hash_of(path) != digest:
            raise _Cannot("broken")
        return manifests.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise _Cannot("broken") from error


def _finished(folder: Path) -> tuple[outcome.Outcome, str] | None:
    try:
        return outcome.read(folder)
    except (OSError, msgspec.MsgspecError):
        return None


def _unfinished(root: Path) -> list[str]:
    """Meetings with a folder that has no list of its files yet."""
    found = {one.parent.name for one in root.glob("*/*") if one.is_dir() and not (one / manifests.NAME).exists()}
    return sorted(found)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
