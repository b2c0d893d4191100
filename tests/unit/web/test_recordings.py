"""A meeting's recordings on pages: who may watch, any range of a sealed file, and what may be ordered."""

from __future__ import annotations

import json

import pytest

from recordings import outcome
from recordings.process import composed_folder
from recordings.seal import SealedWriter
from server.meeting import commands
from server.meeting.commands import SERVER
from tests.fakes import FakeClock
from tests.unit.web.office import DAY_MS, TheOffice
from tests.unit.web.test_meetings import CHAIR, SignIn
from tests.unit.web.test_outcomes import held
from web.ranges import OutOfRange, wanted

PLAIN = bytes(range(256)) * 3_000  # more than two chunks


async def recorded(office: TheOffice) -> str:
    """Closed, recorded, and composed as `c1`."""
    meeting_id = await held(office)
    await office.act(meeting_id, CHAIR, commands.Join("s1"))
    await office.act(meeting_id, CHAIR, commands.StartRecording("r1"))
    await office.act(meeting_id, CHAIR, commands.CloseMeeting())
    await office.rooms.submit(meeting_id, SERVER, commands.ReportRecordingSealed("r1", "ab" * 32, 5_000_000, 2))
    return meeting_id


async def composed(office: TheOffice) -> str:
    meeting_id = await recorded(office)
    await office.rooms.submit(meeting_id, SERVER, commands.OrderComposition("c1"))
    folder = composed_folder(office.folder / "recordings", meeting_id, "c1")
    folder.mkdir(parents=True)
    writer = SealedWriter(folder / "video.mp4.sealed", await office.store.recording_keys.for_writing(meeting_id))
    writer.write(PLAIN)
    writer.close()
    made = outcome.made(folder, "video.mp4", len(PLAIN))
    digest = outcome.write(folder, outcome.Outcome(length_ms=60_000, files=(made,)))
    report = commands.ReportComposed("c1", digest, len(PLAIN), 60_000)
    await office.rooms.submit(meeting_id, SERVER, report)
    return meeting_id


async def test_any_range_of_the_file_and_nothing_when_nothing_changed(office: TheOffice, signed_in: SignIn) -> None:
    path = f"/m/{await composed(office)}/recordings/c1/video.mp4"
    client = (await signed_in("rina")).client

    async def got(**headers: str) -> tuple[int, bytes, str]:
        response = await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return response.status, await response.read(), response.headers.get("Content-Range", "")

    whole = await client.get(path)
    assert (whole.status, await whole.read(), whole.headers["Content-Type"]) == (200, PLAIN, "video/mp4")
    etag, size = whole.headers["ETag"], len(PLAIN)
    assert await got(Range="bytes=0-0") == (206, PLAIN[:1], f"bytes 0-0/{size}")
    assert await got(Range="bytes=262100-262200") == (206, PLAIN[262_100:262_201], f"bytes 262100-262200/{size}")
    assert await got(Range="bytes=-7") == (206, PLAIN[-7:], f"bytes {size - 7}-{size - 1}/{size}")
    assert await got(Range=f"bytes={size}-") == (416, b"", f"bytes */{size}")
    assert await got(Range="bytes=5-9", If_Range=etag) == (206, PLAIN[5:10], f"bytes 5-9/{size}")
    assert await got(Range="bytes=5-9", If_Range='"another"') == (200, PLAIN, "")
    assert await got(If_None_Match=etag) == (304, b"", "")
    head = await client.head(path)
    assert (head.status, head.headers["Content-Length"], await head.read()) == (200, str(size), b"")
    kept = await client.get(path, params={"download": "1"})
    assert "Rekaman" in kept.headers["Content-Disposition"]


async def test_a_file_that_was_changed_is_not_given_out_as_whole(office: TheOffice, signed_in: SignIn) -> None:
    meeting_id = await composed(office)
    path = composed_folder(office.folder / "recordings", meeting_id, "c1") / "video.mp4.sealed"
    broken = bytearray(path.read_bytes())
    broken[300_000] ^= 1
    path.write_bytes(bytes(broken))
    client = (await signed_in("rina")).client
    response = await client.get(f"/m/{meeting_id}/recordings/c1/video.mp4", headers={"Range": "bytes=0-99"})
    assert await response.read() == PLAIN[:100]  # another chunk
    response = await client.get(f"/m/{meeting_id}/recordings/c1/video.mp4", headers={"Range": "bytes=262200-262300"})
    with pytest.raises(Exception, match=r"."):
        await response.read()
    path.write_bytes(bytes(broken[:-1]))
    response = await client.get(f"/m/{meeting_id}/recordings/c1/video.mp4", headers={"Accept": "application/json"})
    assert (response.status, (await response.json())["error"]["code"]) == (503, "composition.broken")


async def test_who_belongs_may_watch_and_who_leads_may_order(office: TheOffice, signed_in: SignIn) -> None:
    meeting_id = await composed(office)
    await office.account("lain", "Orang Lain")
    page, file = f"/m/{meeting_id}/recordings", f"/m/{meeting_id}/recordings/c1/video.mp4"
    outsider = await signed_in("lain")
    for path in (page, file, f"{page}.json"):
        assert (await outsider.get(path)).status == 404
    rina = await signed_in("rina")
    assert (await rina.get(page)).status == 200
    assert "Video (MP4)" in rina.page
    assert "Buat cuplikan" not in rina.page
    assert (await rina.post(page, {"act": "compose"})).status == 400
    assert (await office.rooms.state(meeting_id)).recording.compositions[-1].composition_id == "c1"
    siti = await signed_in("siti")
    await siti.get(page)
    for begin, end in (("0:50", "1:01"), ("0:10", "0:05"), ("x", "0:20")):
        assert (await siti.post(page, {"act": "clip", "from": begin, "until": end})).status == 400
    assert (await siti.post(page, {"act": "clip", "from": "0:10", "until": "0.20"})).status == 303
    clip = (await office.rooms.state(meeting_id)).recording.compositions[-1]
    assert (clip.kind, clip.from_ms, clip.until_ms, clip.status) == ("clip", 10_000, 20_000, "ordered")
    await siti.get(f"{page}.json")
    told = json.loads(siti.page)
    assert told["ready"] is True
    assert [(one["kind"], one["doing"], one["share"]) for one in told["jobs"]] == [("clip", "waiting", 0.0)]
    await siti.get(page)
    assert (await siti.post(page, {"act": "withdraw", "composition_id": clip.composition_id})).status == 303
    assert (await office.rooms.state(meeting_id)).recording.compositions[-1].status == "withdrawn"
    assert (await siti.get(f"/m/{meeting_id}/recordings/{clip.composition_id}/video.mp4")).status == 404


async def test_what_is_not_made_yet_can_be_ordered_once(office: TheOffice, signed_in: SignIn) -> None:
    page = f"/m/{await recorded(office)}/recordings"
    siti = await signed_in("siti")
    await siti.get(page)
    assert "Siapkan sekarang" in siti.page
    assert (await siti.post(page, {"act": "compose"})).status == 303
    await siti.follow()
    assert "menunggu giliran" in siti.page
    assert (await siti.post(page, {"act": "compose"})).status == 400
    assert "Rekaman sedang disiapkan." in siti.page


async def test_retention_destroys_the_watchable_file_too(
    office: TheOffice, signed_in: SignIn, clock: FakeClock
) -> None:
    meeting_id = await composed(office)
    folder = office.folder / "recordings" / meeting_id
    assert list(folder.rglob("*.sealed"))
    clock.advance(3651 * DAY_MS)
    await office.retention.run()
    assert not list(folder.rglob("*.sealed"))
    assert await office.store.recording_keys.for_reading(meeting_id) is None
    siti = await signed_in("siti")
    assert (await siti.get(f"/m/{meeting_id}/recordings/c1/video.mp4")).status == 404


@pytest.mark.parametrize(
    ("header", "if_range", "size", "span"),
    [
        ("", "", 10, None), ("bytes=0-", "", 10, (0, 10)), ("bytes=3-4", "", 10, (3, 5)),
        ("bytes=3-99", "", 10, (3, 10)),
        ("bytes=-3", "", 10, (7, 10)), ("bytes=-99", "", 10, (0, 10)), ("bytes=4-3", "", 10, None),
        ("bytes=0-1,4-5", "", 10, None), ("items=0-1", "", 10, None), ("bytes=-", "", 10, None),
        ("bytes=0-1", '"b"', 10, None),
    ],
)  # fmt: skip
def test_which_bytes_are_wanted(header: str, if_range: str, size: int, span: tuple[int, int] | None) -> None:
    assert wanted(header, if_range, '"a"', size) == span


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_what_is_not_there_cannot_be_had(header: str, size: int) -> None:
    with pytest.raises(OutOfRange):
        wanted(header, "", '"a"', size)
