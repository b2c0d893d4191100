"""Destroys what the office's schedules say, once a night or by hand: keys, lists, search index, kept files, mails.

The chain still verifies afterwards; what was destroyed when is a fact of the meeting, and a line of the report.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from server.clock import Clock
from server.config import Config
from server.errors import BalaiError
from server.meeting import rules
from server.meeting.commands import SERVER, ReportErased
from server.meeting.retention import Due, Kept, Schedule, due_now, next_due
from server.meeting.state import replay
from server.store.recordings import SEALING
from server.store.store import Store

log = structlog.get_logger(__name__)

KEY_OF = {"recordings": SEALING}  # the others' keys are called as they are
AT_HOUR = 2  # local time, when nobody meets
PutAway = Callable[[str], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was destroyed of one meeting; `failed`: the code of what hindered it, and nothing was."""

    due: Due
    files: int = 0
    failed: str = ""


class Retention:
    """`put_away`: nobody has the meeting in memory while its context is open, or it raises."""

    def __init__(self, config: Config, store: Store, clock: Clock, put_away: PutAway) -> None:
        section = config.retention
        self._store, self._clock, self._put_away = store, clock, put_away
        self._schedules = {
            one.name: Schedule(
                one.name, one.minutes_days, one.attendance_days, one.chat_days, one.recordings_days, one.documents_days
            )
            for one in section.schedule
        }
        self._usual = section.usual
        self._zone = ZoneInfo(config.office.zone)
        self._data = config.server.data_folder
        self._folders = {"record": self._data / "signed", "recordings": config.recordings_folder}

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        return tuple(self._schedules.values())

    @property
    def usual(self) -> str:
        return self._usual

    async def coming(self, limit: int) -> list[Due]:
        """What will be destroyed, the first first; held meetings too, which stay."""
        found = [due for one in await self._kept() if (due := next_due(one, self._schedules, self._usual))]
        return sorted(found, key=lambda due: (due.at_ms, due.kept.meeting_id))[:limit]

    async def due(self) -> list[Due]:
        """What `run` would destroy now."""
        now_ms = self._clock.now_ms()
        return [due for one in await self._kept() if (due := due_now(one, self._schedules, self._usual, now_ms))]

    async def run(self) -> list[Destroyed]:
        """Destroy all that is due. A meeting that is in use, or held by another process, waits for the next night."""
        done: list[Destroyed] = []
        for due in await self.due():
            try:
                done.append(await self._destroy(due))
            except BalaiError as error:
                log.warning("not destroyed", meeting=due.kept.meeting_id, code=error.code)
                done.append(Destroyed(due, failed=error.code))
        if any(not one.failed for one in done):
            await asyncio.to_thread(self._report, done)
        return done

    async def nightly(self) -> None:
        while True:
            await asyncio.sleep(self._seconds_until_night())
            done = await self.run()
            failed = sum(bool(one.failed) for one in done)
            log.info("retention", destroyed=len(done) - failed, waiting=failed)

    def reports(self) -> Sequence[Path]:
        """The latest first."""
        return sorted((self._data / "reports").glob("destroyed-*.txt"), reverse=True)

    # ------------------------------------------------------------

    async def _kept(self) -> tuple[Kept, ...]:
        return await self._store.listings.kept(self._clock.now_ms())

    async def _destroy(self, due: Due) -> Destroyed:
        meeting_id, journal, now_ms = due.kept.meeting_id, self._store.journal, self._clock.now_ms()
        keys = [KEY_OF.get(one, one) for one in due.classes]
        async with self._put_away(meeting_id):
            await journal.take_lease(meeting_id)
            try:
                state = replay(meeting_id, await journal.read(meeting_id))
                files = await asyncio.to_thread(self._files, due)
                wish = ReportErased(due.classes, due.schedule.name, len(files))
                decided = rules.decide(state, wish, SERVER, now_ms)
                await journal.erase(meeting_id, keys, decided, now_ms)
                await asyncio.to_thread(_remove, files)
            finally:
                await journal.give_lease(meeting_id)
        return Destroyed(due, len(files))

    def _files(self, due: Due) -> list[Path]:
        places = (self._folders[one] / due.kept.meeting_id for one in due.classes if one in self._folders)
        return [file for place in places for file in place.rglob("*") if file.is_file()]

    def _report(self, done: Sequence[Destroyed]) -> None:
        """What a destruction report must say, and no more: the titles stand here when they stand nowhere else."""
        at = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).astimezone(self._zone)
        folder = self._data / "reports"
        folder.mkdir(mode=0o700, exist_ok=True)
        lines = ["LAPORAN PEMUSNAHAN / DESTRUCTION REPORT", f"{at:%Y-%m-%d %H:%M %Z}", ""]
        lines += [
            "\t".join(
                (
                    one.due.kept.meeting_id,
                    f"{datetime.fromtimestamp(one.due.kept.ended_ms / 1000, UTC):%Y-%m-%d}",
                    one.due.kept.title or "-",
                    one.due.schedule.name,
                    " ".join(one.due.classes),
                    f"{one.files} berkas/files",
                    one.failed or "dimusnahkan/destroyed",
                )
            )
            for one in done
        ]
        path = folder / f"destroyed-{at:%Y-%m-%d-%H%M%S}.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        path.chmod(0o600)

    def _seconds_until_night(self) -> float:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).astimezone(self._zone)
        night = now.replace(hour=AT_HOUR, minute=0, second=0, microsecond=0)
        if night <= now:
            night += timedelta(days=1)
        return (night - now).total_seconds()


def _remove(files: Sequence[Path]) -> None:
    for folder in {file.parent for file in files}:
        shutil.rmtree(folder, ignore_errors=True)
