"""One target under atheris, in a process of its own: its last line on stderr is libFuzzer's. Not for import."""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["server.rtp", "server.sfu.ice", "server.sfu.tcp", "signaling", "aioice.stun"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()
