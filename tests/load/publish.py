"""`python -m tests.load.publish`: puts the figures of build/bench.json and build/soak.json into README.md and
docs/performance.md, between their marks. Nothing is measured, and no figure is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from tests.load.children import REPOSITORY

Figures: TypeAlias = Mapping[str, Any]

BEGIN, END = "<!-- {name}: written by tests/load/publish.py -->", "<!-- end of {name} -->"
ROOMS = {"room4": "room of 4", "room8": "room of 8", "room16": "room of 16", "one_to_100": "1 to 100"}
ROWS = {
    "forward": "**Balai**, web and media processes",
    "janus": "Janus {janus} (Debian)",
    "janus_loops": "the same with two event loops",
    "floor": "floor: C, receive, decrypt, encrypt, send",
}
BUSY = (
    " On so busy a machine latencies are its scheduler's, packets pile up and get cheaper, most of all for those who "
    "send in groups: ratios are rough, and the call is to be repeated on a quiet one."
)


def cost_table(bench: Figures) -> Iterable[str]:
    """us a packet, median (least-most), one row a contender."""
    yield "| us of server CPU per delivered packet | " + " | ".join(ROOMS.values()) + " |"
    yield "|---" * (len(ROOMS) + 1) + "|"
    for key, title in ROWS.items():
        if key in bench:
            cells = (_cost(bench, key, room) for room in ROOMS)
            yield f"| {title.format(**bench['versions'])} | " + " | ".join(cells) + " |"
    if ratio := _ratios(bench):
        yield "| Balai over Janus | " + " | ".join(ratio) + " |"
    if "naive" in bench:
        yield f"| decoding and encoding (aiortc MediaRelay) | {bench['naive']['room4']['us_per_packet']:.0f} | | | |"


def detail_table(bench: Figures) -> Iterable[str]:
    """Everything else that each room showed."""
    yield "| | room | p50 ms | p99 ms | loss % | undelivered % | RSS MB | packets/s | server CPU % | others CPU % |"
    yield "|---" * 10 + "|"
    for room, name in ROOMS.items():
        for key, title in ROWS.items():
            one = bench.get(key, {}).get(room)
            if one is None:
                continue
            yield (
                f"| {title.format(**bench['versions'])} | {name} | {one['latency_p50_ms']:.2f} | "
                f"{one['latency_p99_ms']:.2f} | {one['loss_percent']:.2f} | {one['undelivered_percent']:.2f} | "
                f"{one['rss_mb']:.0f} | {one['packets_per_second']:.0f} | {one['server_cpu_percent']:.1f} | "
                f"{one['steal_or_other_cpu_percent']:.0f} |"
            )


def join_line(bench: Figures) -> Iterable[str]:
    if "join" in bench:
        one = bench["join"]
        yield (
            f'From the click on "join" to the first complete key frame: {one["first_video_ms_p50"]:.0f} ms (median of '
            f"{one['joins']:.0f} joins a run), p95 {one['first_video_ms_p95']:.0f} ms; until all three pictures were "
            f"there {one['all_videos_ms_p50']:.0f} and {one['all_videos_ms_p95']:.0f} ms."
        )


def machine_line(bench: Figures) -> str:
    machine, quiet, conditions = bench["machine"], bench["quiet"], bench["conditions"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']:.0f} GiB, Linux {machine['kernel']}, "
        f"Python {machine['python']}; {conditions['profile']}; {conditions['runs']} runs of "
        f"{conditions['seconds']:.0f} s a room, median (least-most). Everything else on the machine used "
        f"{quiet['steal_or_other_cpu_percent']:.0f} % of a core meanwhile (median; at most "
        f"{quiet['steal_or_other_cpu_percent_most']:.0f} %)." + (BUSY if quiet["warnings"] else "")
    )


def readme(bench: Figures) -> str:
    return "\n".join([*cost_table(bench), "", machine_line(bench), *join_line(bench)])


def results(bench: Figures) -> str:
    warnings = (f"**{line}**" for line in bench["quiet"]["warnings"])
    parts = [*cost_table(bench), "", machine_line(bench), *join_line(bench), "", *detail_table(bench), "", *warnings]
    return "\n".join(parts).rstrip()


def memory(soak: Figures) -> str:
    return (
        f"A room of {soak['participants']} for {soak['minutes']:.0f} minutes, all sending, "
        f"{soak['packets_received']:,} packets delivered: the media processes held {soak['media_mb_first']:.1f} MB "
        f"after the warm-up of three minutes and {soak['media_mb_last']:.1f} MB at the end, "
        f"{soak['growth_percent']:+.2f} % (medians of the first and the last minute); the web process "
        f"{soak['web_growth_percent']:+.2f} %. Loss {soak['loss_percent']:.3f} %."
    )


def put(text: str, name: str, body: str) -> str:
    """The text with what stands between the marks replaced. ValueError where they are missing."""
    begin, end = BEGIN.format(name=name), END.format(name=name)
    before, found, rest = text.partition(begin)
    _old, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"no place for {name}")
    return f"{before}{begin}\n{body}\n{end}{after}"


def _cost(bench: Figures, key: str, room: str) -> str:
    if room not in bench[key]:
        return ""
    least, most = bench["range"][key][room]["us_per_packet"]
    return f"{bench[key][room]['us_per_packet']:.1f} ({least:.1f}-{most:.1f})"


def _ratios(bench: Figures) -> list[str]:
    if "forward" not in bench or "janus" not in bench:
        return []
    pairs = ((bench["forward"].get(room), bench["janus"].get(room)) for room in ROOMS)
    return [
        f"{ours['us_per_packet'] / theirs['us_per_packet']:.2f}" if ours and theirs else "" for ours, theirs in pairs
    ]


def main() -> None:
    page = REPOSITORY / "docs" / "performance.md"
    for file, parts in (
        (REPOSITORY / "build" / "bench.json", ((REPOSITORY / "README.md", "bench", readme), (page, "bench", results))),
        (REPOSITORY / "build" / "soak.json", ((page, "soak", memory),)),
    ):
        if file.exists():
            figures = json.loads(file.read_text())
            for target, name, write in parts:
                _rewrite(target, name, write(figures))


def _rewrite(target: Path, name: str, body: str) -> None:
    target.write_text(put(target.read_text(), name, body))


if __name__ == "__main__":
    main()
