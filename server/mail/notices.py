"""Mails to one person about their account, or what they have to do: noted, made when their time has come, sent, and
gone from the store then.

That somebody asked is kept the same way whether there is such an account or not. No password is ever in a mail.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from server.clock import Clock
from server.config import MailSection, OfficeSection
from server.errors import BalaiError
from server.mail.itip import one_line
from server.mail.ports import Carrier, Notice, NoticeStore, Undelivered, Wording
from server.mail.smtp import Signature
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

LOOK_S = 1.0
BATCH = 20
ASKED_MS, RETRY_MS = 10 * 60_000, 60_000
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


class Reset(Protocol):
    """A mail to be made; server/identity/recovery.py."""

    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def login(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def expires_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail says: `values` for its templates."""

    subject: str
    template: str
    values: Mapping[str, object]


class Maker(Protocol):
    async def said(self, notice: Notice) -> Said | None:
        """When it is sent; None: there is nothing to say any more."""
        ...


class Resolver(Protocol):
    async def resolve(self, text: str) -> Sequence[Reset]:
        """Whom to write to about this login or address; nobody, if there is no such account."""
        ...


class NoticeDesk:
    def __init__(
        self,
        store: NoticeStore,
        carrier: Carrier,
        resolver: Resolver,
        clock: Clock,
        *,
        mail: MailSection,
        office: OfficeSection,
        words: Callable[[str], Wording],
        url: Callable[[], str],
        signature: Signature | None = None,
        makers: Mapping[str, Maker] | None = None,
    ) -> None:
        self._makers = makers or {}
        self._store, self._carrier, self._resolver, self._clock = store, carrier, resolver, clock
        self._mail, self._office, self._words, self._url, self._signature = mail, office, words, url, signature
        self._tasks = TaskOwner("notices")

    def start(self) -> None:
        self._tasks.start("desk", self._run())

    async def close(self) -> None:
        await self._tasks.close()

    async def _run(self) -> None:
        while True:
            try:
                await self.step()
            except BalaiError as error:  # the store is away for a moment
                log.warning("notices rest", code=error.code)
            await asyncio.sleep(LOOK_S)

    async def ask(self, text: str) -> None:
        """Somebody forgot a password. Who it is about is found out at the next step."""
        now_ms = self._clock.now_ms()
        await self._store.put(
            Notice(secrets.token_hex(16), "asked", secret=text, due_ms=now_ms, expires_ms=now_ms + ASKED_MS)
        )

    async def step(self) -> None:
        """What is due: find out whom it is about, or send it. What could not be sent until it expires is forgotten."""
        now_ms = self._clock.now_ms()
        await self._store.sweep(now_ms)
        for notice in await self._store.due(now_ms, BATCH):
            if notice.kind == "asked":
                await self._resolve(notice)
        letters = [one for one in await self._store.due(now_ms, BATCH) if one.kind != "asked"]
        if letters:
            await self._send(letters)

    async def _resolve(self, notice: Notice) -> None:
        for one in await self._resolver.resolve(notice.secret):
            letter = Notice(
                secrets.token_hex(16), "reset", one.email, one.name, one.login, one.language, one.token,
                due_ms=notice.due_ms, expires_ms=one.expires_ms,
            )  # fmt: skip
            await self._store.put(letter)
        await self._store.remove(notice.notice_id)

    async def _send(self, letters: Sequence[Notice]) -> None:
        for one in letters:  # counted before it goes out, so that none is tried without end
            again_ms = self._clock.now_ms() + RETRY_MS
            await self._store.put(replace(one, attempts=one.attempts + 1, due_ms=again_ms))
        try:
            line = await self._carrier.open()
        except Undelivered as error:
            log.warning("notices wait", reason=error.reason)
            return
        try:
            for one in letters:
                made = await self._message(one)
                try:
                    if made is not None:
                        await line.send(made, self._mail.sender, one.email)
                except Undelivered as error:
                    log.warning("notice not delivered", permanent=error.permanent)
                    if error.down:
                        return
                    if not error.permanent:
                        continue
                await self._store.remove(one.notice_id)
        finally:
            await self._carrier.close(line)

    async def _message(self, notice: Notice) -> bytes | None:
        """None: what it would say is not so any more."""
        maker = self._makers.get(notice.kind)
        said = await maker.said(notice) if maker else self._reset(notice)
        return await asyncio.to_thread(self._made, notice, said) if said else None

    def _reset(self, notice: Notice) -> Said:
        words, office = self._words(notice.language), one_line(self._office.name)
        link = f"{self._url().rstrip('/')}/login/reset/{notice.secret}"
        values = {"name": one_line(notice.name), "login": notice.login, "link": link}
        return Said(words("mail.reset.subject", office=office), "reset", values)

    def _made(self, notice: Notice, said: Said) -> bytes:
        words, office = self._words(notice.language), self._office
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(one_line(office.name), addr_spec=self._mail.sender)
        mail["To"] = Address(one_line(notice.name)[:120], addr_spec=notice.email)
        mail["Subject"] = one_line(said.subject)[:250]
        mail["Date"] = format_datetime(datetime.fromtimestamp(self._clock.now_ms() // 1000, UTC))
        mail["Message-ID"] = make_msgid(domain=self._mail.sender.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday reply comes back
        standing = {"t": words, "language": words.language, "office": office.name, "government": office.government}
        values = standing | {"subject": said.subject} | dict(said.values)
        text = _ENVIRONMENT.get_template(f"{said.template}.txt").render(values)
        mail.set_content(text, cte="quoted-printable")
        page = _ENVIRONMENT.get_template(f"{said.template}.html").render(values)
        mail.add_alternative(page, subtype="html", cte="quoted-printable")
        made = mail.as_bytes()
        return self._signature.sign(made) if self._signature else made
