"""The benchmark's command line, its document with the keys that others read, its table. Nothing is measured here."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from server.meeting.ports import MediaListener
from tests.load import bench
from tests.load.machine import QUIET_PERCENT, Machine, this_machine
from tests.load.measure import ROOMS, FirstVideo, Forwarding
from tests.load.naive_room import Naive
from tests.load.own_plane import open_plane
from tests.load.plane_stage import SilentListener
from tests.load.report import Results, document, header_line, middle, room_line

MACHINE = Machine("A processor (cpu family 1, model 2)", 2, 24.0, "6.1.0", "3.11.7")
FORWARDING = Forwarding(
    us_per_packet=6.0,
    latency_p50_ms=0.2,
    latency_p99_ms=0.9,
    loss_percent=0.0,
    rss_mb=70.0,
    media_us_per_packet=5.5,
    undelivered_percent=0.0,
    packets_per_second=36_000.0,
    server_cpu_percent=22.0,
    crowd_cpu_percent=25.0,
    steal_or_other_cpu_percent=1.0,
)
JOIN = FirstVideo(
    first_video_ms_p50=21.0, first_video_ms_p95=39.0, all_videos_ms_p50=33.0, all_videos_ms_p95=51.0, joins=40
)


def whole_results() -> Results:
    results = Results(MACHINE, others_percent_before=0.5)
    for shape in ROOMS:
        for cost in (9.0, 6.0, 7.0):
            for contender in ("forward", "janus", "janus_loops", "floor"):
                results.add(contender, shape.name, replace(FORWARDING, us_per_packet=cost))
    results.joins.append(JOIN)
    results.naive.append(Naive(900.0, 55.0, 1_800.0, 160.0, 900.0))
    return results


def test_the_document_has_the_keys_that_others_read() -> None:
    written = json.loads(json.dumps(document(whole_results(), {"runs": 3})))

    for contender in ("forward", "janus", "janus_loops", "floor"):
        for room in ("room4", "room8", "room16", "one_to_100"):
            for figure in ("us_per_packet", "latency_p50_ms", "latency_p99_ms", "loss_percent", "rss_mb"):
                assert isinstance(written[contender][room][figure], float)
            assert written[contender][room]["us_per_packet"] == 7.0
            assert written["range"][contender][room]["us_per_packet"] == [6.0, 9.0]
    assert written["join"]["first_video_ms_p50"] == 21.0
    assert written["join"]["first_video_ms_p95"] == 39.0
    assert written["naive"]["room4"]["us_per_packet"] == 900.0
    assert written["machine"]["cpu"] == "A processor (cpu family 1, model 2)"
    assert written["quiet"]["steal_or_other_cpu_percent"] == 1.0
    assert written["quiet"]["warnings"] == []


def test_what_was_not_measured_is_not_written() -> None:
    results = Results(MACHINE, 0.0, absent={"janus": "needs Debian's janus"})
    written = document(results, {})
    assert set(written) == {"machine", "conditions", "quiet", "versions", "absent", "failures", "range"}
    assert written["absent"] == {"janus": "needs Debian's janus"}


def test_runs_give_medians_of_each_figure_by_itself() -> None:
    results = [FirstVideo(first, second, 1.0, 1.0, 30) for first, second in ((1.0, 9.0), (5.0, 3.0), (2.0, 4.0))]
    assert middle(results) == FirstVideo(2.0, 4.0, 1.0, 1.0, 30)


def test_a_machine_that_is_not_quiet_is_told() -> None:
    quiet = whole_results()
    assert quiet.warnings() == []
    quiet.others_percent_before = QUIET_PERCENT + 1
    quiet.add("forward", "room4", replace(FORWARDING, steal_or_other_cpu_percent=150.0))
    before, during = quiet.warnings()
    assert "before" in before
    assert "during 1 of 49" in during


def test_three_runs_unless_a_quick_one_is_wanted() -> None:
    assert bench.arguments([]).runs == 3
    assert bench.arguments([]).joins >= 40
    quick = bench.arguments(["--quick", "--seconds", "2"])
    assert (quick.runs, quick.seconds) == (1, 2.0)


def test_rooms_and_contenders_are_chosen_by_name() -> None:
    options = bench.arguments(["--rooms", "room8,one_to_100", "--contenders", "forward,floor"])
    assert [shape.name for shape in options.rooms] == ["room8", "one_to_100"]
    assert options.contenders == ["forward", "floor"]
    with pytest.raises(SystemExit):
        bench.arguments(["--rooms", "room5"])
    with pytest.raises(SystemExit):
        bench.arguments(["--contenders", "nobody"])


def test_a_room_knows_how_many_streams_are_heard() -> None:
    assert {shape.name: shape.streams_heard_by_all for shape in ROOMS} == {
        "room4": 12,
        "room8": 56,
        "room16": 240,
        "one_to_100": 100,
    }


def test_the_whole_server_is_measured_unless_a_plane_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.arguments([]).plane is None
    assert bench.arguments(["--plane"]).plane is open_plane
    with pytest.raises(SystemExit):
        bench.arguments(["--plane", "tests.load.stage:no_such_plane"])
    assert "no media plane at tests.load.stage:no_such_plane" in capsys.readouterr().err


def test_the_silent_listener_is_a_whole_media_listener() -> None:
    verbs = {name for name in vars(MediaListener) if not name.startswith("_")}
    assert verbs <= set(vars(SilentListener))


def test_the_table_lines_up() -> None:
    assert len(header_line()) == len(room_line("janus, 2 loops", "one_to_100", [FORWARDING]))
    lines = list(bench.table(whole_results(), [("forward", "balai"), ("janus", "janus")]))
    assert [line.split()[0] for line in lines[1:9]] == ["balai", "janus"] * 4


def test_this_machine_is_named() -> None:
    machine = this_machine()
    assert machine.cores > 0
    assert machine.cpu
    assert str(machine.cores) in str(machine)


def test_what_fails_is_told_and_the_rest_stands() -> None:
    results = whole_results()
    with bench.told(results, "balai in room4"):
        raise TimeoutError
    assert results.failures == ["balai in room4 (TimeoutError)"]
    assert results.warnings() == ["Failed and left out: balai in room4 (TimeoutError)."]
    assert document(results, {})["failures"] == results.failures
