"""The way in: one mailbox, read by IMAP (RFC 3501, with IDLE, MOVE and UIDPLUS where the server has them).

Only what an inbox needs. Certificates are checked, every answer is bounded in size and time, and no message is
understood or kept here.
"""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from server.mail.inbox_ports import Fetched, Unreachable
from server.mail_config import ImapSection

log = structlog.get_logger(__name__)

ANSWER_S = 30.0
IDLE_S = 9 * 60.0  # RFC 2177: anew before 29 minutes; many a firewall forgets a quiet line after ten
LINE_BYTES = 1 << 20  # the longest SEARCH answer that is read
MESSAGE_BYTES = 2 << 20  # of a larger message only its beginning is looked at: attachments come last
ANSWER_LINES = 20_000
DONE_FLAGS = r"(\Seen $BalaiRead)"
ASIDE_FLAGS = r"(\Flagged $BalaiAside)"
_LITERAL = re.compile(rb"\{(\d{1,10})\}\r\n$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ImapError(Unreachable):
    """The server refused, broke off, or said what no server says."""


@dataclass(slots=True)
class Said:
    """One response: `line` without its literals, which stand in `literals` in order."""

    line: bytes
    literals: list[bytes] = field(default_factory=list)


class ImapMailbox:
    """One folder of one account. Its server's certificate is checked: by `ca_file`, or the machine's authorities."""

    def __init__(self, section: ImapSection) -> None:
        self._section = section

    @property
    def name(self) -> str:
        one = self._section
        return f"{one.username}@{one.host}/{one.folder}"

    async def open(self) -> ImapSession:
        """ImapError."""
        section = self._section
        encrypted = section.security != "none"
        context = ssl.create_default_context(cafile=section.ca_file or None) if encrypted else None
        direct = context if section.security == "tls" else None
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await asyncio.open_connection(section.host, section.port, ssl=direct, limit=LINE_BYTES)
        except (OSError, TimeoutError) as error:
            raise ImapError(str(error) or type(error).__name__) from None
        session = ImapSession(reader, writer, section)
        try:
            await session.begin(context if section.security == "starttls" else None, _password(section))
        except BaseException:
            await session.close()
            raise
        return session


class ImapSession:
    """A mailbox that is open. One command at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, section: ImapSection) -> None:
        self._reader, self._writer, self._section = reader, writer, section
        # Nobody can guess a tag, so that nobody can have put an answer on the line before TLS began.
        self._prefix, self._count = f"B{secrets.token_hex(4)}", 0
        self._can: frozenset[str] = frozenset()
        self.validity = 0
        self._news = False  # told of a new message meanwhile
        self._divider = "/"

    # ------------------------------------------------------------ beginning and end

    async def begin(self, upgrade: ssl.SSLContext | None, password: str) -> None:
        greeting = (await self._said()).line.upper()
        if not greeting.startswith(b"* OK"):
            raise ImapError(_shown(greeting))
        if upgrade is not None:
            await self._command("STARTTLS")
            try:
                async with asyncio.timeout(ANSWER_S):
                    await self._writer.start_tls(upgrade, server_hostname=self._section.host)
            except (OSError, TimeoutError) as error:
                raise ImapError(str(error) or type(error).__name__) from None
        await self._capabilities()
        await self._log_in(password)
        await self._capabilities()
        for said in await self._command('LIST "" ""'):
            if found := re.search(rb'\* LIST \([^)]*\) "(.)" ', said.line):
                self._divider = found[1].decode("ascii", "replace")
        await self._select()

    async def _capabilities(self) -> None:
        for said in await self._command("CAPABILITY"):
            if said.line.upper().startswith(b"* CAPABILITY "):
                self._can = frozenset(said.line.decode("ascii", "replace").upper().split()[2:])

    async def _log_in(self, password: str) -> None:
        user = self._section.username
        if "AUTH=PLAIN" in self._can:
            proof = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            await self._command("AUTHENTICATE PLAIN", proof)
        elif "LOGINDISABLED" in self._can:
            raise ImapError("LOGINDISABLED")
        else:
            await self._command(f"LOGIN {_quoted(user)} {_quoted(password)}")

    async def _select(self) -> None:
        for said in await self._command(f"SELECT {self._named(self._section.folder)}"):
            if found := re.search(rb"\[UIDVALIDITY (\d{1,10})\]", said.line, re.IGNORECASE):
                self.validity = int(found[1])
        if not self.validity:
            raise ImapError("UIDVALIDITY")

    async def close(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(2.0):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            pass  # gone either way

    # ------------------------------------------------------------ what the inbox asks

    async def uids(self, after: int, since_ms: int) -> Sequence[int]:
        """Messages above this UID, the oldest first; with `after` 0 only those that came since that day."""
        day = datetime.fromtimestamp(since_ms / 1000, UTC)
        since = f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
        wanted = f"UID {after + 1}:*" if after else f"SINCE {since}"
        found: set[int] = set()
        for said in await self._command(f"UID SEARCH {wanted}"):
            if said.line.upper().startswith(b"* SEARCH"):
                found.update(int(one) for one in said.line.split()[2:] if one.isdigit())
        return sorted(one for one in found if one > after)  # "n:*" names the last one even where it is below n

    async def fetch(self, uid: int) -> Fetched | None:
        """None: it is gone meanwhile. Reading marks nothing."""
        for said in await self._command(f"UID FETCH {uid} (UID RFC822.SIZE BODY.PEEK[]<0.{MESSAGE_BYTES}>)"):
            own = re.search(rb"[ (]UID (\d{1,10})[ )]", said.line, re.IGNORECASE)
            if said.literals and own and int(own[1]) == uid:
                size = re.search(rb"RFC822\.SIZE (\d{1,12})", said.line, re.IGNORECASE)
                return Fetched(uid, said.literals[0], int(size[1]) if size else len(said.literals[0]))
        return None

    async def done(self, uid: int) -> None:
        """Read; into the folder for those, where there is one."""
        await self._mark(uid, DONE_FLAGS, self._section.done_folder)

    async def aside(self, uid: int) -> None:
        """For somebody to look at: flagged, not read; into the folder for those, where there is one."""
        await self._mark(uid, ASIDE_FLAGS, self._section.aside_folder)

    async def _mark(self, uid: int, flags: str, folder: str) -> None:
        """Where the server does not let it be moved it stays: what counts is that it was read, and that is kept."""
        try:
            await self._command(f"UID STORE {uid} +FLAGS.SILENT {flags}")
        except ImapRefused:  # a mailbox that keeps no keywords
            await self._command(f"UID STORE {uid} +FLAGS.SILENT {flags.partition(' ')[0]})")
        if folder:
            try:
                await self._move(uid, self._named(folder))
            except ImapRefused as refused:
                log.warning("mail stays in its folder", folder=folder, reason=refused.reason)

    def _named(self, folder: str) -> str:
        """The configuration divides by "/", whatever the server divides by."""
        return _quoted(folder.replace("/", self._divider))

    async def _move(self, uid: int, folder: str) -> None:
        verb = "MOVE" if "MOVE" in self._can else "COPY"
        try:
            await self._command(f"UID {verb} {uid} {folder}")
        except ImapRefused as refused:
            if "TRYCREATE" not in refused.reason.upper():
                raise
            await self._command(f"CREATE {folder}")
            await self._command(f"UID {verb} {uid} {folder}")
        if verb == "COPY":
            await self._command(rf"UID STORE {uid} +FLAGS.SILENT (\Deleted)")
            if "UIDPLUS" in self._can:  # without it, others' deleted messages would go too
                await self._command(f"UID EXPUNGE {uid}")

    async def wait(self, seconds: float) -> None:
        """Until something may have come: told by the server (IDLE), or after so long."""
        if self._news:
            self._news = False
            return
        if "IDLE" not in self._can:
            await asyncio.sleep(seconds)
            await self._command("NOOP")
            return
        tag = self._send("IDLE")
        if not (await self._said()).line.startswith(b"+"):
            raise ImapError("IDLE")
        try:
            async with asyncio.timeout(IDLE_S):
                while b"EXISTS" not in (await self._said(None)).line.upper():
                    pass
        except TimeoutError:
            pass  # nothing came; asked anew
        self._writer.write(b"DONE\r\n")
        await self._until(tag)

    # ------------------------------------------------------------ the line

    def _send(self, command: str) -> str:
        self._count += 1
        tag = f"{self._prefix}{self._count}"
        self._writer.write(f"{tag} {command}\r\n".encode())
        return tag

    async def _command(self, command: str, continued: str = "") -> list[Said]:
        """What the server said to it. ImapRefused for NO and BAD, ImapError for all else that goes wrong."""
        tag = self._send(command)
        if continued:
            said = await self._said()
            if not said.line.startswith(b"+"):
                raise ImapRefused(_shown(said.line))
            self._writer.write(f"{continued}\r\n".encode())
        return await self._until(tag)

    async def _until(self, tag: str) -> list[Said]:
        heard: list[Said] = []
        while len(heard) < ANSWER_LINES:
            said = await self._said()
            if not said.line.startswith(tag.encode() + b" "):
                self._news |= said.line.upper().endswith(b" EXISTS")
                heard.append(said)
                continue
            status = said.line[len(tag) + 1 :]
            if status.upper().startswith(b"OK"):
                return heard
            raise ImapRefused(_shown(status))
        raise ImapError("too many lines")

    async def _said(self, timeout_s: float | None = ANSWER_S) -> Said:
        """The next response, with its literals. `timeout_s` None: the caller has a limit of its own."""
        try:
            async with asyncio.timeout(timeout_s):
                said = Said(b"")
                while True:
                    part = await self._reader.readline()
                    if not part.endswith(b"\n"):
                        raise ImapError("connection lost")
                    literal = _LITERAL.search(part)
                    if literal is None:
                        said.line += part.rstrip(b"\r\n")
                        return said
                    size = int(literal[1])
                    if size > MESSAGE_BYTES or len(said.literals) >= 8:
                        raise ImapError("literal too large")
                    said.line += part[: literal.start()]
                    said.literals.append(await self._reader.readexactly(size))
        except TimeoutError:
            if timeout_s is None:
                raise
            raise ImapError("no answer") from None
        except (OSError, EOFError, ValueError) as error:  # ValueError: a line beyond the limit
            raise ImapError(str(error) or type(error).__name__) from None


class ImapRefused(ImapError):
    """NO or BAD; the line itself is in order."""


def _quoted(text: str) -> str:
    """RFC 3501, 9, `quoted`; control characters cannot come this far (the configuration is checked)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "replace")[:200]


def _password(section: ImapSection) -> str:
    if section.password or not section.password_file:
        return section.password
    return Path(section.password_file).read_text(encoding="utf-8").strip()
