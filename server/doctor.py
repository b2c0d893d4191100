"""`balai doctor`: looks at this machine as Balai will meet it and says what to do. It changes nothing, may run beside a
serving Balai, and never reads a meeting.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import shutil
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from cryptography import x509

from server.clock import Clock
from server.config import Config, TlsSection
from server.errors import BalaiError, Value
from server.findings import DAY_MS, SOON_DAYS, Finding, Level
from server.sfu.egress import supports_segments
from server.sfu.udp import SOCKET_BUFFER_BYTES
from server.signing_doctor import signature
from server.store.database import Database, database_url
from server.store.migrations import standing
from server.store.vault import KEY_NAME, open_vault

FULL_BYTES, LOW_BYTES = 200 << 20, 2 << 30
ANSWER_S = 3.0
STA_UNSYNC = 0x0040  # include/uapi/linux/timex.h
TIMEX_BYTES, TIMEX_STATUS = 256, 40  # struct timex on 64-bit Linux: larger than it is, and where `status` lies
PRIVILEGED = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


async def examine(config: Config, clock: Clock) -> AsyncIterator[Finding]:
    """Every check, in the order in which one would put things right. `fault`: Balai will not work so."""
    serves = await _serves(config)
    if serves:
        yield Finding("ok", "serves", {"listen": config.server.listen})
    for finding in (*folder(config.server.data_folder), *disk(config.server.data_folder)):
        yield finding
    yield await database(config)
    yield await signature(config.signature, clock)
    for finding in (*doors(config, serves), *addresses(config), *https(config, clock), *kernel(), *time(clock)):
        yield finding


# ------------------------------------------------------------ what is kept


def folder(path: Path) -> Iterator[Finding]:
    values: dict[str, Value] = {"path": str(path.absolute())}
    above = next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
    if not path.exists():
        yield Finding(*(("ok", "folder.new") if os.access(above, os.W_OK) else ("fault", "folder.cannot")), values)
        return
    found = path.stat()
    if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("fault", "folder.closed", values)
    elif found.st_uid != os.geteuid():
        yield Finding("fault", "folder.owner", values)
    elif found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("warning", "folder.open", values | {"mode": f"{stat.S_IMODE(found.st_mode):04o}"})
    else:
        yield Finding("ok", "folder", values)


def disk(path: Path) -> Iterator[Finding]:
    above = next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
    free = shutil.disk_usage(above).free
    values: dict[str, Value] = {"free_mb": str(free >> 20)}
    level: Level = "fault" if free < FULL_BYTES else "warning" if free < LOW_BYTES else "ok"
    yield Finding(level, "disk" if level == "ok" else "disk.low", values)


async def database(config: Config) -> Finding:
    """Reached, of this version, and belonging to the key beside it. Nothing is made or migrated."""
    data_folder = config.server.data_folder
    url = database_url(config.database.url, data_folder)
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and not await asyncio.to_thread(Path(str(url.database)).exists):
        return Finding("ok", "database.new")
    opened = Database(url)
    try:
        async with opened.read() as connection:
            revision = await connection.run_sync(standing)
        if revision != "empty":
            await asyncio.to_thread(open_vault, data_folder, create=False)
    except BalaiError as error:
        if error.code == "store.unavailable":
            return Finding("fault", "database.unreachable", {"where": str(url.database if is_sqlite else url.host)})
        return Finding("fault", "database.key", {"path": str(data_folder / KEY_NAME), "code": error.code})
    finally:
        await opened.close()
    return Finding(*DATABASE[revision])


DATABASE: dict[str, tuple[Level, str]] = {
    "empty": ("ok", "database.new"),
    "newest": ("ok", "database"),
    "older": ("ok", "database.older"),
    "newer": ("fault", "database.newer"),
}


# ------------------------------------------------------------ ports and addresses


async def _serves(config: Config) -> bool:
    """Does a Balai answer at `server.listen` already?"""
    scheme = "https" if config.tls.certificate else "http"
    host, _, port = config.server.listen.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104  (every address: ask on loopback)
    try:
        async with (
            ClientSession(connector=TCPConnector(ssl=False), timeout=ClientTimeout(total=ANSWER_S)) as session,
            session.get(f"{scheme}://{host}:{port}/healthz") as response,
        ):
            return response.status == 200 and await response.text() == "ok\n"
    except (ClientError, TimeoutError, OSError, ValueError):
        return False


def doors(config: Config, serves: bool) -> Iterator[Finding]:
    """Every port can be had; while Balai serves, those that it has are in order."""
    host, _, port = config.server.listen.rpartition(":")
    wanted = [(host.strip("[]"), int(port), socket.SOCK_STREAM)]
    media = config.media
    for address in media.listen:
        for number in range(media.worker_count):
            wanted.append((address, media.udp_port and media.udp_port + number, socket.SOCK_DGRAM))
            wanted.append((address, media.tcp_port and media.tcp_port + number, socket.SOCK_STREAM))
    for one in wanted:
        yield _door(*one, serves)


def _door(address: str, port: int, kind: socket.SocketKind, serves: bool) -> Finding:
    name = "TCP" if kind == socket.SOCK_STREAM else "UDP"
    values: dict[str, Value] = {"address": address, "port": str(port), "protocol": name}
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as one:
            if kind == socket.SOCK_STREAM:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: TIME_WAIT is no owner
            one.bind((address, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding("ok", "port.own", values) if serves else Finding("fault", "port.taken", values)
        if error.errno == errno.EACCES:
            return Finding("warning", "port.privileged", values)
        if error.errno == errno.EADDRNOTAVAIL:
            return Finding("fault", "port.not_here", values)
        return Finding("fault", "port.refused", values | {"reason": error.strerror or ""})
    return Finding("ok", "port", values)


def addresses(config: Config) -> Iterator[Finding]:
    """Can browsers reach what candidates will name?"""
    media = config.media
    pairs = zip(media.listen, media.announce or media.listen, strict=True)
    for here, named in ((here, one) for here, entry in pairs for one in entry.split()):
        values: dict[str, Value] = {"address": here, "named": named}
        try:
            parsed = ip_address(named)
        except ValueError:  # a host name, which each media process looks up when it starts
            continue
        if parsed.is_unspecified:
            yield Finding("fault", "address.any", values)
        elif parsed.is_loopback:
            yield Finding("warning", "address.loopback", values)
        elif parsed.is_private:
            yield Finding("ok", "address.private", values)
        else:
            yield Finding("ok", "address", values)


# ------------------------------------------------------------ HTTPS


def https(config: Config, clock: Clock) -> Iterator[Finding]:
    host, _, _ = config.server.listen.rpartition(":")
    if config.tls.certificate:
        yield from certificate(config.tls, urlsplit(config.server.public_url).hostname or "", clock)
    elif config.server.public_url.startswith("https:"):
        behind = config.server.trusted_proxies
        yield Finding("ok", "https.proxy") if behind else Finding("fault", "https.no_proxy")
    elif host in ("127.0.0.1", "[::1]", "localhost"):
        yield Finding("warning", "https.here")
    else:
        yield Finding("fault", "https.none")


def certificate(tls: TlsSection, name: str, clock: Clock) -> Iterator[Finding]:
    """Key and certificate belong together, it is valid now and a while, for the name that people type."""
    values: dict[str, Value] = {"path": tls.certificate, "name": name}
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(tls.certificate, tls.key)
        chain = x509.load_pem_x509_certificates(Path(tls.certificate).read_bytes())
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        yield Finding("fault", "certificate.broken", values | {"reason": str(error)})
        return
    own = chain[0]
    left = (int(own.not_valid_after_utc.timestamp() * 1000) - clock.now_ms()) // DAY_MS
    values |= {"until": own.not_valid_after_utc.date().isoformat(), "days": left}
    if left < 0:
        yield Finding("fault", "certificate.over", values)
    elif int(own.not_valid_before_utc.timestamp() * 1000) > clock.now_ms():
        yield Finding("fault", "certificate.early", values)
    elif name and not _is_for(own, name):
        yield Finding("fault", "certificate.name", values)
    else:
        yield (
            Finding("warning", "certificate.soon", values) if left < SOON_DAYS else Finding("ok", "certificate", values)
        )
    if len(chain) == 1 and own.issuer != own.subject:
        yield Finding("warning", "certificate.alone", values)


def _is_for(own: x509.Certificate, name: str) -> bool:
    """RFC 6125: the whole name, or a wildcard for its first label."""
    try:
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    known = {one.casefold() for one in names.get_values_for_type(x509.DNSName)}
    known |= {str(one) for one in names.get_values_for_type(x509.IPAddress)}
    return name.casefold() in known or f"*.{name.casefold().partition('.')[2]}" in known


# ------------------------------------------------------------ the machine


def kernel() -> Iterator[Finding]:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as one:
        yield Finding("ok", "segments") if supports_segments(one) else Finding("warning", "segments.none")
    for name in ("rmem_max", "wmem_max"):
        path = Path("/proc/sys/net/core") / name
        if path.exists() and int(path.read_text()) < SOCKET_BUFFER_BYTES:
            yield Finding("warning", "buffers.small", {"name": name, "wanted": str(SOCKET_BUFFER_BYTES)})


def time(clock: Clock) -> Iterator[Finding]:
    """adjtimex(2) without any change: does somebody keep this clock right?"""
    asked = ctypes.create_string_buffer(TIMEX_BYTES)
    ctypes.CDLL(None).adjtimex(asked)
    kept = not int.from_bytes(asked.raw[TIMEX_STATUS : TIMEX_STATUS + 4], "little") & STA_UNSYNC
    now = {"now_ms": str(clock.now_ms())}
    yield Finding("ok", "clock", dict(now)) if kept else Finding("warning", "clock.alone", dict(now))
