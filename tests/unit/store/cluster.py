"""A throw-away PostgreSQL: Debian's programs, a cluster under /tmp, reached by its socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "synchronous_commit": "off",  # the store must not rely on the cluster's default
}


def programs() -> Path:
    """The folder with initdb and pg_ctl; a clear sentence where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("These tests need PostgreSQL's server programs: apt-get install postgresql")
    return found[-1].parent


@contextmanager
def running(**settings: str) -> Iterator[str]:
    """The URL prefix of a running cluster; append nothing but the database's name: prefix.format("name")."""
    folder = Path(tempfile.mkdtemp(prefix="balai-pg-", dir="/tmp"))
    user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        user = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    bin_folder, data = programs(), folder / "data"
    options = {**SETTINGS, **settings, "unix_socket_directories": str(folder)}
    try:
        _run([*user, str(bin_folder / "initdb"), "-D", str(data), "-U", "balai", "-A", "trust", "--no-sync"], folder)
        switches = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        control = [*user, str(bin_folder / "pg_ctl"), "-D", str(data), "-w"]
        _run([*control, "-l", str(folder / "log"), "-o", switches, "start"], folder)
        try:
            yield f"postgresql://balai@/{{}}?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


def _run(command: list[str], folder: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    with (folder / "output").open("ab") as output:
        ended = subprocess.run(command, cwd=folder, env=environ, stdout=output, stderr=output, check=False)
    if ended.returncode:
        log = folder / "log"
        said = (folder / "output").read_text() + (log.read_text() if log.exists() else "")
        raise RuntimeError(f"{command[-1]} failed:\n{said}")
