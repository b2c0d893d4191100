"""The way in that the load tests take, once, against the real server: pages, Socket.IO, media. Nothing is timed."""

from __future__ import annotations

from tests.load.measure import Conditions, first_video
from tests.load.office_stage import office_stage


async def test_somebody_who_joins_sees_all_who_send() -> None:
    conditions = Conditions(warm_up_s=0.0, measured_s=0.0, profile="AEAD_AES_128_GCM", decrypt_every=1)
    async with office_stage() as stage:
        seen = await first_video(stage, 1, conditions)
        assert stage.web_pid in stage.server_pids()
        assert set(stage.media_pids()) < set(stage.server_pids())
        assert stage.web_pid not in stage.media_pids()
    assert 0 < seen.first_video_ms_p50 <= seen.all_videos_ms_p50
