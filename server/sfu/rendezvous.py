"""Where a media process can be found again: one Unix socket each in a folder that only this user may open.

Both ends hold that the other one runs as the same user (SO_PEERCRED). No message is read or written here.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CREDENTIALS = struct.Struct("3i")  # unix(7): process, user, group
SUFFIX = ".sock"


def listen(folder: Path, name: str) -> socket.socket:
    """A listening socket, not blocking. OSError when the folder cannot be used."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with _short(folder) as place:
            listening.bind(f"{place}/{name}{SUFFIX}")
        os.chmod(folder / f"{name}{SUFFIX}", 0o600)
        listening.listen(4)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def names(folder: Path) -> list[str]:
    """Of all sockets in the folder, the oldest first."""
    found = [path for path in folder.glob(f"*{SUFFIX}") if path.is_socket()]
    return [path.name.removesuffix(SUFFIX) for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]


def connect(folder: Path, name: str) -> tuple[socket.socket, int] | None:
    """A connection and the other side's process id; None when nobody listens there (the socket is then removed) or
    when it is not the same user's."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with _short(folder) as place:
            connection.connect(f"{place}/{name}{SUFFIX}")
        pid = peer(connection)
    except OSError:
        forget(folder, name)
        pid = None
    if pid is None:
        connection.close()
        return None
    return connection, pid


def peer(connection: socket.socket) -> int | None:
    """The process at the other end, None when it is another user's."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, user, _group = _CREDENTIALS.unpack(packed)
    return pid if user == os.geteuid() else None


def forget(folder: Path, name: str) -> None:
    (folder / f"{name}{SUFFIX}").unlink(missing_ok=True)


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """The folder under a name that is short whatever its own is: a socket's address has room for 107 characters."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
