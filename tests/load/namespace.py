"""A network namespace for one call of a load test: nothing in it reaches another machine. Janus needs it besides, since
it takes no address of the loopback interface: here an address of 127/8 lies on an interface of another kind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

OWN_ADDRESS = "127.9.9.1"
INSIDE = "LOAD_NAMESPACE"
SETUP = f"""\
ip link set lo up &&
ip link add load0 type bridge && ip addr add {OWN_ADDRESS}/32 dev load0 && ip link set load0 up"""


def inside() -> bool:
    return INSIDE in os.environ


def possible() -> bool:
    """As root, or where the kernel lets everybody have namespaces."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(_command(["true"]), capture_output=True, check=False).returncode == 0


def enter(module: str, arguments: Sequence[str]) -> None:
    """Runs this module again in a namespace of its own, in place of this process."""
    os.environ[INSIDE] = "1"
    command = _command([sys.executable, "-m", module, *arguments])
    os.execvp(command[0], command)  # noqa: S606


def _command(command: Sequence[str]) -> list[str]:
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--net", *mapped, "--", "sh", "-c", f'{SETUP} && exec "$@"', "sh", *command]
