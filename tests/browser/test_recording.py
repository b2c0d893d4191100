"""A meeting on record in real Chromium: everybody is asked, who agrees is recorded in the right picture and at the
right pitch, who does not is not in it, and what was taken is sealed and listed in the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import av
import numpy as np
import pytest

from recordings.manifest import NAME, Manifest, decode, hash_of
from recordings.seal import SealedReader
from server.clock import SystemClock
from server.meeting.facts import Joined, RecordingSealed
from server.store.store import open_store
from tests.browser.conftest import Office, company
from tests.browser.people import WAIT_MS, Person
from tests.browser.pictures_of_people import LIKENESSES

pytestmark = pytest.mark.browser

RECORDED_S = 6.0
COLOUR_SLACK = 30
TONE_SLACK_HZ = 15


async def test_who_agrees_is_recorded_and_who_does_not_is_not(tmp_path: Path) -> None:
    async with company(tmp_path) as gathered:
        chair, official, other = people = await gathered.sign_in("sekda", "dinkes", "dindik")
        for one in people:
            await one.joins(gathered.office.meeting_id)
        for one in people:
            await one.sees([two for two in people if two is not one])
        await _begins(chair)
        await official.presses("Saya setuju direkam")
        await other.presses("Jangan rekam saya")
        await other.page.get_by_text("Direkam, Anda tidak").wait_for(timeout=WAIT_MS)
        for one in (chair, official):
            await one.page.get_by_text("Direkam", exact=True).wait_for(timeout=WAIT_MS)
        await _has_files(gathered.office, 4)
        await asyncio.sleep(RECORDED_S)
        await _menu(chair, "Hentikan rekaman…")
        await chair.page.get_by_role("button", name="Hentikan", exact=True).click()
        for one in people:
            await one.page.get_by_text("Rekaman telah berhenti.").first.wait_for(timeout=WAIT_MS)
        manifest = await _sealed(gathered.office)
        who = {one.session_id: one.person_id for one in await _facts(gathered.office) if isinstance(one, Joined)}
        assert len(set(who.values())) == 3
        assert gathered.office.verify() == 0
        gathered.office.stop()
        await _holds(gathered.office, manifest)


async def _begins(chair: Person) -> None:
    await _menu(chair, "Rekam rapat…")
    await chair.page.get_by_role("button", name="Mulai merekam").click()


async def _menu(chair: Person, name: str) -> None:
    await chair.page.get_by_role("button", name="Rapat", exact=True).click()
    await chair.page.get_by_role("menuitem", name=name).click()


def _folder(office: Office) -> Path:
    return office.folder / "recordings" / office.meeting_id


async def _has_files(office: Office, count: int) -> None:
    for _ in range(WAIT_MS // 200):
        if len(list(_folder(office).rglob("*.sealed"))) >= count:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("nothing is being recorded")


async def _facts(office: Office) -> list[object]:
    return [one.fact for one in await office.journal()]


async def _sealed(office: Office) -> Manifest:
    for _ in range(WAIT_MS // 500):
        told = [one for one in await _facts(office) if isinstance(one, RecordingSealed)]
        if told:
            [path] = _folder(office).rglob(NAME)
            assert hash_of(path) == told[0].manifest
            return decode(path.read_bytes())
        await asyncio.sleep(0.5)
    raise AssertionError("the recording was never sealed")


async def _holds(office: Office, manifest: Manifest) -> None:
    """Read back with the meeting's key: two people, each with their own colour and tone, in step with each other."""
    store = await open_store("", office.folder, SystemClock())
    try:
        key = await store.recording_keys.for_reading(office.meeting_id)
    finally:
        await store.close()
    assert key is not None
    seen: dict[str, set[str]] = {}
    for one in manifest.files:
        path = _folder(office) / manifest.recording_id / one.name
        assert hash_of(path) == one.sha256
        with SealedReader(path, key) as reader, av.open(reader, "r") as container:
            if one.source == "camera":
                frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
                assert len(frames) == one.frames
                what = _face(frames[-1])
            else:
                what = _voice(np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1))
        seen.setdefault(one.person_id, set()).add(what)
    assert sorted(map(sorted, seen.values())) == [["dinkes"], ["sekda"]]
    assert sum(one.until_ms - one.from_ms for one in manifest.files) > 4 * RECORDED_S * 1000 / 2


def _face(picture: np.ndarray) -> str:
    middle = picture[picture.shape[0] // 2, picture.shape[1] // 2].astype(int)
    return next(who for who, one in LIKENESSES.items() if all(abs(middle - np.array(one.rgb)) < COLOUR_SLACK))


def _voice(samples: np.ndarray) -> str:
    wave = samples[0, -48_000:] - samples[0, -48_000:].mean()
    pitch = int(np.argmax(np.abs(np.fft.rfft(wave * np.hanning(len(wave)))))) * 48_000 / len(wave)
    return next(who for who, one in LIKENESSES.items() if abs(pitch - one.tone_hz) < TONE_SLACK_HZ)
