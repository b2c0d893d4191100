"""The directory itself: who has this login, whether the password is theirs, who is in it at all. Blocks: for threads.

What anybody typed reaches a filter only escaped (RFC 4515, 3), and a password is only ever used to bind. Certificates
are checked. No account is known here.
"""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from ldap3 import NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

from server.errors import Unavailable
from server.sign_in_config import LdapSection

log = structlog.get_logger(__name__)

PAGE = 500
LOGIN_LENGTH, PASSWORD_LENGTH = 100, 200
DISABLED = 0x2  # ADS_UF_ACCOUNTDISABLE of Active Directory's userAccountControl


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody in the directory. `subject`: what never changes of them."""

    dn: str
    subject: str
    login: str
    name: str
    email: str
    function: str
    office: str
    groups: tuple[str, ...]
    disabled: bool = False


class Directory:
    def __init__(self, config: LdapSection) -> None:
        self._config = config
        tls = Tls(
            validate=ssl.CERT_REQUIRED,
            version=ssl.PROTOCOL_TLS_CLIENT,
            ca_certs_file=config.ca_file or None,
            valid_names=None,
        )
        self._server = Server(config.url, get_info=NONE, tls=tls, connect_timeout=config.timeout_seconds)

    def check(self, login: str, password: str) -> Entry | None:
        """Whose login and password these are; None: nobody's. Takes as many questions for an unknown login as for a
        wrong password. Unavailable("ldap.unreachable")."""
        if not password or len(password) > PASSWORD_LENGTH or not 0 < len(login) <= LOGIN_LENGTH:
            return None  # RFC 4513, 5.1.2: a bind without a password would succeed for anybody
        wanted = self._config.user_filter.replace("{login}", escape_filter_chars(login))
        with self._bound(self._config.bind_dn, self._config.password) as connection:
            found = [*self._entries(connection, wanted, 2)]
        nobody = f"{self._config.login_attribute}={escape_rdn(secrets.token_hex(8))},{self._config.base_dn}"
        dn = found[0].dn if len(found) == 1 else nobody
        if not self._binds(dn, password) or len(found) != 1 or found[0].disabled:
            return None
        with self._bound(self._config.bind_dn, self._config.password) as connection:
            return self._with_groups(connection, found[0])

    def everybody(self) -> list[Entry]:
        """All, with their groups. Unavailable("ldap.unreachable"): nothing can be concluded then."""
        with self._bound(self._config.bind_dn, self._config.password) as connection:
            found = [*self._entries(connection, self._config.everybody_filter, 0)]
            return [self._with_groups(connection, one) for one in found]

    # ------------------------------------------------------------

    def _binds(self, dn: str, password: str) -> bool:
        try:
            with self._connected(dn, password) as connection:
                return bool(connection.bind())
        except LDAPException as error:
            raise self._unreachable(error) from None

    @contextmanager
    def _bound(self, dn: str, password: str) -> Iterator[Connection]:
        try:
            with self._connected(dn, password) as connection:
                if not connection.bind():
                    raise self._unreachable(str(connection.result.get("description", "")))
                yield connection
        except LDAPException as error:
            raise self._unreachable(error) from None

    @contextmanager
    def _connected(self, dn: str, password: str) -> Iterator[Connection]:
        """Open, encrypted where it should be, not bound yet. LDAPException."""
        connection = Connection(
            self._server, dn or None, password or None, auto_bind=False, receive_timeout=self._config.timeout_seconds,
            read_only=True, raise_exceptions=False, auto_referrals=False,
        )  # fmt: skip
        try:
            connection.open()
            if self._config.start_tls and not connection.start_tls():
                raise self._unreachable("StartTLS was refused")
            yield connection
        finally:
            connection.unbind()

    def _entries(self, connection: Connection, wanted: str, most: int) -> Iterator[Entry]:
        """`most` 0: all, page by page (RFC 2696)."""
        config = self._config
        names = (
            config.id_attribute, config.login_attribute, config.name_attribute, config.email_attribute,
            config.function_attribute, config.office_attribute, "userAccountControl",
        )  # fmt: skip
        if most:
            found = connection.search(config.base_dn, wanted, SUBTREE, attributes=_known(names), size_limit=most)
            self._answered(connection, found)
            rows = list(connection.response or [])
        else:
            rows = list(
                connection.extend.standard.paged_search(
                    config.base_dn, wanted, SUBTREE, attributes=_known(names), paged_size=PAGE, generator=True
                )
            )
            self._answered(connection, True)
        for row in rows:
            if row.get("type") == "searchResEntry" and (one := self._entry(row)) is not None:
                yield one

    def _answered(self, connection: Connection, found: object) -> None:
        """A search that failed must not look like one that found nobody."""
        code = connection.result.get("result")
        if code not in (0, 4):  # success; size limit: more than one has this login
            raise self._unreachable(str(connection.result.get("description", found)))

    def _entry(self, row: Any) -> Entry | None:
        """`row`: what ldap3 made of one entry. None: it lacks what a person must have."""
        values: dict[str, list[bytes]] = {name.casefold(): value for name, value in row["raw_attributes"].items()}
        config = self._config

        def first(name: str) -> str:
            listed = values.get(name.casefold()) or [b""]
            return " ".join(listed[0].decode("utf-8", "replace").split())

        raw_id = (values.get(config.id_attribute.casefold()) or [b""])[0]
        subject = raw_id.hex() if config.id_attribute.casefold() == "objectguid" else first(config.id_attribute)
        login = first(config.login_attribute)
        if not subject or not login:
            return None
        control = first("userAccountControl")
        return Entry(
            str(row["dn"]), subject[:255], login, first(config.name_attribute) or login, first(config.email_attribute),
            first(config.function_attribute), first(config.office_attribute), (),
            bool(int(control) & DISABLED) if control.isdecimal() else False,
        )  # fmt: skip

    def _with_groups(self, connection: Connection, one: Entry) -> Entry:
        config = self._config
        if not config.group_base_dn:
            return one
        wanted = config.group_filter.replace("{dn}", escape_filter_chars(one.dn))
        found = connection.search(config.group_base_dn, wanted, SUBTREE, attributes=[config.group_attribute])
        self._answered(connection, found)
        names: list[str] = []
        for row in connection.response or []:
            if row.get("type") == "searchResEntry":
                listed: list[bytes] = next(iter(row["raw_attributes"].values()), [])
                names += [value.decode("utf-8", "replace") for value in listed]
        return Entry(
            one.dn, one.subject, one.login, one.name, one.email, one.function, one.office, tuple(names), one.disabled
        )

    def _unreachable(self, reason: object) -> Unavailable:
        log.warning("directory does not answer as it should", reason=str(reason)[:200])
        return Unavailable("ldap.unreachable")


def _known(names: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))
