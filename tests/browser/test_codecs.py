"""A room that the office gave VP9: faces in the size they are shown in, and a shared screen that can be read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.browser.conftest import company, measured
from tests.browser.people import VIEW, Watch

pytestmark = [pytest.mark.browser, pytest.mark.asyncio]

SCREEN_JS = Path(__file__).with_name("screen.js")
SMALL_VIEW = {"width": 420, "height": 420}
LARGE_VIEW = {"width": 1920, "height": 1080}
PICTURE_MS = 20_000
READABLE = 0.8  # of the contrast that was drawn


async def test_faces_and_a_screen_in_vp9(tmp_path: Path) -> None:
    async with company(tmp_path, BALAI_MEDIA_VIDEO_CODECS="VP9") as gathered:
        ani, budi = await gathered.sign_in("sekda", "notulis")
        for one in (ani, budi):
            await one.page.context.add_init_script(path=SCREEN_JS)
        await ani.joins(gathered.office.meeting_id)
        watch = Watch()
        await budi.joins(gathered.office.meeting_id)
        await budi.sees([ani], PICTURE_MS)
        measured(first_vp9_picture_ms=watch.ms())
        for view, width in ((SMALL_VIEW, 320), (VIEW, 640)):
            await budi.page.set_viewport_size(view)  # type: ignore[arg-type]
            await budi.sees_wide(ani, width, PICTURE_MS)
        await ani.presses("Bagikan layar")
        await budi.sees_screen(ani, 1920, 1080)
        await budi.page.wait_for_function("(least) => screens.contrast() > least", arg=READABLE)
        sent = await ani.page.evaluate("screens.stats('outbound-rtp')")
        received = await budi.page.evaluate("screens.stats('inbound-rtp')")
        assert {one["codec"] for one in (*sent, *received)} == {"video/VP9"}
        assert sorted(one["frameWidth"] for one in sent) == [640, 960, 1920]
        assert {one["scalabilityMode"] for one in sent} == {"L1T3", "L2T3_KEY"}
        measured(vp9_freezes=sum(one["freezeCount"] for one in received))
        await budi.sees([ani], PICTURE_MS)


async def test_a_small_and_a_large_viewer_get_two_sizes_of_one_stream(tmp_path: Path) -> None:
    async with company(tmp_path, BALAI_MEDIA_VIDEO_CODECS="VP9") as gathered:
        ani = await gathered.signs_in("sekda", scale=2)
        small, large = viewers = await gathered.sign_in("notulis", "dinkes")
        for one, view in ((ani, SMALL_VIEW), (small, SMALL_VIEW), (large, LARGE_VIEW)):
            await one.page.context.add_init_script(path=SCREEN_JS)
            await one.page.set_viewport_size(view)  # type: ignore[arg-type]
            await one.joins(gathered.office.meeting_id)
            if one is not ani:
                await one.presses("Matikan kamera")  # three encoders are more than two cores bear
        await large.sees_wide(ani, 1280, PICTURE_MS)
        await small.sees_wide(ani, 320, PICTURE_MS)
        await large.sees_wide(ani, 1280, PICTURE_MS)
        for one, width in ((small, 320), (large, 1280)):
            [received] = await one.page.evaluate("screens.stats('inbound-rtp')")
            assert (received["codec"], received["frameWidth"]) == ("video/VP9", width)
        [sent] = await ani.page.evaluate("screens.stats('outbound-rtp')")
        assert (sent["codec"], sent["scalabilityMode"]) == ("video/VP9", "L3T3_KEY")
        await small.page.set_viewport_size(LARGE_VIEW)  # type: ignore[arg-type]
        await small.sees_wide(ani, 1280, PICTURE_MS)
        await asyncio.gather(*(one.sees([ani], PICTURE_MS) for one in viewers))


async def test_av1_comes_in_the_size_and_with_the_frames_that_a_viewer_wants(tmp_path: Path) -> None:
    async with company(tmp_path, BALAI_MEDIA_VIDEO_CODECS="AV1") as gathered:
        ani, budi = await gathered.sign_in("sekda", "notulis")
        for one in (ani, budi):
            await one.page.context.add_init_script(path=SCREEN_JS)
            await one.joins(gathered.office.meeting_id)
        for view, width in ((SMALL_VIEW, 320), (VIEW, 640)):
            await budi.page.set_viewport_size(view)  # type: ignore[arg-type]
            await budi.sees_wide(ani, width, PICTURE_MS)
        sent = await ani.page.evaluate("screens.stats('outbound-rtp')")
        assert {(one["codec"], one["scalabilityMode"]) for one in sent} == {("video/AV1", "L1T3")}
        assert sorted(one["frameWidth"] for one in sent) == [320, 640]
        await budi.sees([ani], PICTURE_MS)
