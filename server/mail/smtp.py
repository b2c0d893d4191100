"""The way out: a mail server reached by SMTP, and the signature that lets others trust our mails (DKIM, RFC 6376).

Certificates are checked. No message is made and no state is kept here.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Literal, TypeAlias

import dkim
from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPResponseException

from server.config import MailSection
from server.errors import Invalid
from server.mail.ports import Line, Undelivered

TIMEOUT_S = 30.0
TEMPORARY = range(400, 500)  # RFC 5321, 4.2.1: trying again may help
SIGNED = [b"From", b"To", b"Reply-To", b"Subject", b"Date", b"Message-ID", b"Content-Type", b"MIME-Version"]
Security: TypeAlias = Literal["none", "starttls", "tls"]


class SmtpLine:
    def __init__(self, client: SMTP) -> None:
        self.client = client

    async def send(self, message: bytes, sender: str, recipient: str) -> None:
        try:
            await self.client.sendmail(sender, recipient, message)
        except SMTPResponseException as error:
            permanent = error.code >= 500
            raise Undelivered(f"{error.code} {error.message}", permanent=permanent, down=error.code == 421) from None
        except SMTPException as error:
            raise _refused(error) from None
        except OSError as error:
            raise Undelivered(str(error), down=True) from None


def _refused(error: SMTPException) -> Undelivered:
    """Where every recipient was refused, the server's words to the only one that there is."""
    for one in getattr(error, "recipients", None) or ():
        return Undelivered(f"{one.code} {one.message}", permanent=one.code not in TEMPORARY)
    return Undelivered(str(error) or type(error).__name__, down=True)


class SmtpCarrier:
    """`trust`: the authorities that a mail server's certificate may come from; None: the machine's own."""

    def __init__(self, mail: MailSection, trust: ssl.SSLContext | None = None) -> None:
        self._mail, self._trust = mail, trust
        self._password = mail.password or _read(mail.password_file)

    async def open(self) -> Line:
        mail = self._mail
        client = SMTP(
            hostname=mail.host,
            port=mail.port,
            timeout=TIMEOUT_S,
            use_tls=mail.security == "tls",
            start_tls=mail.security == "starttls",
            tls_context=(self._trust or ssl.create_default_context()) if mail.security != "none" else None,
        )
        try:
            await client.connect()
            if mail.username:
                await client.login(mail.username, self._password)
        except (TimeoutError, SMTPException, OSError) as error:
            client.close()
            raise Undelivered(str(error) or type(error).__name__, down=True) from None
        return SmtpLine(client)

    async def close(self, line: Line) -> None:
        if isinstance(line, SmtpLine):
            try:
                await line.client.quit()
            except (SMTPException, OSError):
                line.client.close()


class Signature:
    """`domain` is the sender's, so that DMARC finds both aligned. Invalid("config.dkim") for a key that cannot sign."""

    def __init__(self, domain: str, selector: str, key_path: str) -> None:
        self._domain, self._selector = domain.encode(), selector.encode()
        self._key = Path(key_path).read_bytes()
        try:
            self.sign(b"From: a@b\r\n\r\n\r\n")
        except (dkim.DKIMException, ValueError) as error:
            raise Invalid("config.dkim", path=key_path) from error

    def sign(self, message: bytes) -> bytes:
        """The message with its signature on top. Takes milliseconds of pure CPU."""
        signature: bytes = dkim.sign(message, self._selector, self._domain, self._key, include_headers=SIGNED)
        return signature + message


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").strip() if path else ""
