"""What Chromium is told of Opus, in its own session descriptions: losses can be hidden, and silence costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import company

pytestmark = [pytest.mark.browser, pytest.mark.asyncio]

LINES_JS = Path(__file__).with_name("lines.js")


async def test_opus_is_sent_with_forward_error_correction_and_silence_suppressed(tmp_path: Path) -> None:
    """RFC 7587 7: each side says what it wants to receive, and an encoder does what the other side says."""
    async with company(tmp_path) as gathered:
        ani, budi = people = await gathered.sign_in("sekda", "dinkes")
        for one in people:
            await one.page.context.add_init_script(path=LINES_JS)
            await one.joins(gathered.office.meeting_id)
        await ani.hears([budi])
        await budi.hears([ani])
        told = await ani.page.evaluate("lines.opus('remoteDescription')")
        (to_us,) = (set(one["parameters"]) for one in told if one["direction"] == "recvonly")
        assert {"useinbandfec=1", "usedtx=1"} <= to_us
        answered = await ani.page.evaluate("lines.opus('localDescription')")
        from_us = [one["parameters"] for one in answered if one["direction"] == "recvonly"]
        assert from_us
        assert all("useinbandfec=1" in one for one in from_us)
