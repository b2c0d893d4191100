"""`python -m tests.fuzz [--seconds N] [--inputs N] [target ...]`: one target after the other, with what each gave.

With atheris where it is installed, else with the small mutator of loop.py. What is found is kept in build/fuzz.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz import loop, native
from tests.fuzz.targets import LONGEST, LONGEST_BYTES, TARGETS, seeds

KEPT = Path("build/fuzz")
NAMES = (*TARGETS, "native")
HANG_S = 5
MOST_MEMORY_MB = 1024
_DONE = re.compile(r"Done (\d+) (?:runs )?in (\d+) second")
_AT = re.compile(r"^#(\d+)\s", re.MULTILINE)


def with_atheris(name: str, seconds: int, inputs: int) -> tuple[int, int, str]:
    """(inputs, seconds, what was found)"""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(name)):
            (Path(corpus) / str(number)).write_bytes(seed)
        command = [sys.executable, "-m", "tests.fuzz.worker", name, corpus]
        command += [f"-max_total_time={seconds}", f"-runs={inputs}", f"-max_len={LONGEST.get(name, LONGEST_BYTES)}"]
        command += [f"-timeout={HANG_S}", f"-rss_limit_mb={MOST_MEMORY_MB}", f"-artifact_prefix={KEPT}/{name}-"]
        begun = time.monotonic()
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        took = round(time.monotonic() - begun)
    done = _DONE.search(run.stderr)
    if run.returncode == 0 and done:
        return int(done[1]), int(done[2]), "nothing"
    (KEPT / f"{name}.log").write_text(run.stdout + run.stderr)
    numbers = _AT.findall(run.stderr)
    return int(numbers[-1]) if numbers else 0, took, f"see {KEPT}/{name}.log"


def with_the_loop(name: str, seconds: int, inputs: int) -> tuple[int, int, str]:
    """The same without coverage."""
    begun = time.monotonic()
    count = 0
    while time.monotonic() - begun < seconds and count < inputs:
        loop.run(name, 1000, seed=count)
        count += 1000
    return count, round(time.monotonic() - begun), "nothing"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="at most, for each target")
    parser.add_argument("--inputs", type=int, default=10_000_000, help="at most, for each target")
    parser.add_argument("targets", nargs="*", metavar="target", help=f"of {', '.join(NAMES)}; all when left out")
    chosen = parser.parse_args()
    unknown = set(chosen.targets) - set(NAMES)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    run = with_atheris if importlib.util.find_spec("atheris") else with_the_loop
    failed = False
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in chosen.targets or NAMES:
        if name == "native":
            inputs, seconds, found = native.run(chosen.seconds, chosen.inputs, KEPT / "native.log")
        else:
            inputs, seconds, found = run(name, chosen.seconds, chosen.inputs)
        failed = failed or not found.startswith("nothing")
        print(f"{name:14} {inputs:>12,} inputs {seconds:>6} s   found: {found}", flush=True)  # noqa: T201 - its output
    return failed


if __name__ == "__main__":
    sys.exit(main())
