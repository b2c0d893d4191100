"""The compiled path's own fuzzer: its C source built with the sanitizers and fed by path_fuzz.c, without Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).with_name("path_fuzz.c")
FLAGS = ("-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
ROUND = 5_000_000
_DONE = re.compile(r"Done (\d+) inputs")


def run(seconds: int, inputs: int, log: Path) -> tuple[int, int, str]:
    """(inputs, seconds, what was found), in rounds with a seed of their own."""
    if shutil.which("cc") is None:
        return 0, 0, "nothing: no C compiler here"
    begun = time.monotonic()
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "path_fuzz"
        subprocess.run(["cc", *FLAGS, "-o", str(program), str(SOURCE)], check=True)
        environ = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
        while count < inputs and time.monotonic() - begun < seconds:
            size = min(ROUND, inputs - count)
            command = [str(program), str(size), str(1 + count // ROUND)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
            if done.returncode or not _DONE.search(done.stdout):
                log.write_text(done.stdout + done.stderr)
                return count, round(time.monotonic() - begun), f"see {log}"
            count += size
    return count, round(time.monotonic() - begun), "nothing"
