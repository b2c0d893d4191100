"""Programs that a test starts and ends: Balai itself, nginx, Caddy. Each is waited for by what it says, not by time."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

START_S = 60
ROOT = Path(__file__).parents[2]


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def environ(**more: str) -> dict[str, str]:
    """This process's, without any configuration of Balai that may be in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BALAI_")} | more


@dataclass
class Program:
    """A child whose words (standard output and error together) are kept; `ready` is what it says when it serves."""

    command: Sequence[str]
    ready: str
    folder: Path
    environ: Mapping[str, str] = field(default_factory=environ)
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.said.clear()
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env=dict(self.environ), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        serves = threading.Event()
        threading.Thread(target=self._listen, args=(self.process, serves), daemon=True).start()
        assert serves.wait(START_S), self.words
        assert self.process.poll() is None, self.words

    def _listen(self, process: subprocess.Popen[str], serves: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.said.append(line.rstrip())
            if self.ready in line:
                serves.set()
        serves.set()

    def stop(self) -> int:
        """Ask it to end as systemd would; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(START_S)

    @property
    def words(self) -> str:
        return "\n".join(self.said)

    def find(self, pattern: str) -> str:
        found = re.search(pattern, self.words, re.MULTILINE)
        assert found, self.words
        return found[1]


def balai(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "server", *arguments]


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """One command of Balai's, to its end."""
    return subprocess.run(
        balai(*arguments), cwd=ROOT, env=environ(**more), text=True, capture_output=True, timeout=START_S, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
