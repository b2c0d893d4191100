"""A network namespace that this process enters and leaves: no name, no file, gone with the last process inside it.

Firefox never connects media to 127.0.0.1, so the server's media need another address that is still this machine's own.
"""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

SERVER_ADDRESS = "10.9.9.1"  # where browsers find the server's media
BROWSER_ADDRESS, OTHER_BROWSER_ADDRESS = "10.9.9.2", "10.9.9.3"
INNER_ADDRESS = "10.9.9.11"  # where the server's media are behind a router
FURTHER_ADDRESSES = ("10.9.9.12", "10.9.9.13")  # the router's, as the server sees them
CARD, GATEWAY = "browsers", "10.9.9.254"  # behind the gateway is nobody
CLONE_NEWNET = 0x4000_0000  # linux/sched.h

_libc = ctypes.CDLL(None, use_errno=True)


class NoNamespace(Exception):
    """This machine lets us make no network namespace; the message says what to do."""


@contextmanager
def private_network() -> Iterator[None]:
    """Inside, this thread and every process it starts see only: loopback, the server's media address on it, and one
    network card with the browsers' address and the default route. NoNamespace where that is not allowed."""
    outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter_new()
        try:
            _furnish()
            yield
        finally:
            if _libc.setns(outside, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "cannot go back to the network this test came from")
    finally:
        os.close(outside)


def run_ip(*arguments: str) -> None:
    """iproute2's `ip`, in the network this thread is in; NoNamespace with its words when it refuses."""
    try:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NoNamespace("The program `ip` is missing: apt-get install iproute2") from error
    if done.returncode:
        raise NoNamespace(f"`ip {' '.join(arguments)}` failed: {done.stderr.strip()}")


def _enter_new() -> None:
    if _libc.unshare(CLONE_NEWNET):
        number = ctypes.get_errno()
        reason = os.strerror(number)
        raise NoNamespace(
            f"Cannot make a network namespace ({reason}). Firefox refuses media on 127.0.0.1, so this test needs one: "
            + ("run it as root (sudo make browser-test)." if number == errno.EPERM else "use a kernel that has them.")
        )


def _furnish() -> None:
    run_ip("link", "set", "lo", "up")
    for address in (SERVER_ADDRESS, INNER_ADDRESS, *FURTHER_ADDRESSES):
        run_ip("address", "add", f"{address}/32", "dev", "lo")
    run_ip("link", "add", CARD, "type", "veth", "peer", "name", "nobody")
    run_ip("link", "set", "nobody", "up")
    run_ip("link", "set", CARD, "up")
    _give_browsers(BROWSER_ADDRESS)


def move_browsers() -> None:
    """The network card loses its address and gets another one, as from one access point to the next."""
    run_ip("address", "flush", "dev", CARD)
    _give_browsers(OTHER_BROWSER_ADDRESS)


def move_back() -> None:
    """And back again."""
    run_ip("address", "flush", "dev", CARD)
    _give_browsers(BROWSER_ADDRESS)


def _give_browsers(address: str) -> None:
    """The card's address, from which also the server is reached: on its own the kernel would speak to an address of
    this machine from that very address, and Chromium drops a TCP connection that is not from the card's."""
    run_ip("address", "add", f"{address}/24", "dev", CARD)
    run_ip("route", "add", "default", "via", GATEWAY, "dev", CARD)
    run_ip("route", "replace", "local", SERVER_ADDRESS, "dev", "lo", "table", "local", "src", address)
