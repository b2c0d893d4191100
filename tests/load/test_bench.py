"""The benchmark's command line and its document: the keys that others read, and medians. Nothing is measured here."""

from __future__ import annotations

import contextlib
import json

import pytest

from server.meeting.ports import MediaListener
from tests.load import bench
from tests.load.measure import ROOMS, FirstVideo, Forwarding, Naive
from tests.load.stage import SilentListener

PLANE = ["--plane", "contextlib:nullcontext"]  # nothing is opened here
FORWARDING = Forwarding(
    us_per_packet=6.0,
    latency_p50_ms=0.2,
    latency_p99_ms=0.9,
    loss_percent=0.0,
    rss_mb=70.0,
    undelivered_percent=0.0,
    packets_per_second=36_000.0,
    server_cpu_percent=22.0,
    crowd_cpu_percent=25.0,
    others_cpu_percent=1.0,
)


def test_the_document_has_the_keys_that_others_read() -> None:
    options = bench.arguments(PLANE)
    results = bench.Results(
        forward={shape.name: FORWARDING for shape in ROOMS},
        join=FirstVideo(first_video_ms_p50=21.0, first_video_ms_p95=39.0, joins=30),
        naive=Naive(900.0, 55.0, 1_800.0, 160.0, 900.0),
    )
    written = json.loads(json.dumps(bench.document(results, options)))

    for room in ("room4", "room8", "room16", "one_to_100"):
        for figure in ("us_per_packet", "latency_p50_ms", "latency_p99_ms", "loss_percent", "rss_mb"):
            assert isinstance(written["forward"][room][figure], float)
    assert written["join"]["first_video_ms_p50"] == 21.0
    assert written["join"]["first_video_ms_p95"] == 39.0
    assert written["naive"]["room4"]["us_per_packet"] == 900.0


def test_what_was_not_measured_is_not_written() -> None:
    written = bench.document(bench.Results({}, None, None), bench.arguments([*PLANE, "--rooms", "room4"]))
    assert set(written) == {"conditions", "forward"}


def test_runs_give_medians_of_each_figure_by_itself() -> None:
    results = [FirstVideo(first, second, 30) for first, second in ((1.0, 9.0), (5.0, 3.0), (2.0, 4.0))]
    assert bench.middle(results) == FirstVideo(2.0, 4.0, 30)


def test_rooms_are_chosen_by_name() -> None:
    assert [shape.name for shape in bench.arguments([*PLANE, "--rooms", "room8,one_to_100"]).rooms] == [
        "room8",
        "one_to_100",
    ]
    with pytest.raises(SystemExit):
        bench.arguments([*PLANE, "--rooms", "room5"])


def test_a_room_knows_how_many_streams_are_heard() -> None:
    assert {shape.name: shape.streams_heard_by_all for shape in ROOMS} == {
        "room4": 12,
        "room8": 56,
        "room16": 240,
        "one_to_100": 100,
    }


def test_a_plane_is_found_by_name_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.arguments(PLANE).plane is contextlib.nullcontext
    with pytest.raises(SystemExit):
        bench.arguments(["--plane", "tests.load.stage:no_such_plane"])
    assert "no media plane at tests.load.stage:no_such_plane" in capsys.readouterr().err


def test_the_silent_listener_is_a_whole_media_listener() -> None:
    verbs = {name for name in vars(MediaListener) if not name.startswith("_")}
    assert verbs <= set(vars(SilentListener))


def test_the_table_lines_up() -> None:
    assert len(bench.header_line()) == len(bench.room_line("one_to_100", FORWARDING))
