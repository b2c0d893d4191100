"""The configuration of signing in elsewhere: `[[sign_in.oidc]]` and `[sign_in.ldap]`, read and checked for config.py.

Every key of a table is checked by itself; a fault names the table and the key.
"""

from __future__ import annotations

import json
import os
import re
import stat
import typing
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from server.errors import Value

HIDDEN = "secret"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
CREATE = ("no", "domain", "group", "anyone")


class Wrong(Exception):
    """A single value is not what its field wants."""

    def __init__(self, code: str, **values: Value) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """One [[sign_in.oidc]]: an OpenID provider. `name` stands in addresses. `create`: whose first visit makes an
    account: nobody's, those with a verified address in `domains`, those in one of the groups, or anyone's. Whether a
    second factor is needed is for the provider."""

    name: str = ""
    title: str = ""
    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = "groups"
    login_claim: str = "preferred_username"
    administrator_groups: tuple[str, ...] = ()
    secretary_groups: tuple[str, ...] = ()
    official_groups: tuple[str, ...] = ()
    create: str = "no"
    domains: tuple[str, ...] = ()

    @property
    def secret(self) -> str:
        return self.client_secret or _first_line(self.client_secret_file)


@dataclass(frozen=True, slots=True)
class LdapSection:
    """[sign_in.ldap]: the office's directory; without `url` none. `user_filter` has {login} in it, `group_filter` {dn};
    what is put there is escaped. `id_attribute` never changes for a person: entryUUID, objectGUID."""

    url: str = ""
    start_tls: bool = False
    ca_file: str = ""
    bind_dn: str = ""
    bind_password: str = ""
    bind_password_file: str = ""
    base_dn: str = ""
    user_filter: str = "(&(objectClass=inetOrgPerson)(uid={login}))"
    everybody_filter: str = "(objectClass=inetOrgPerson)"
    id_attribute: str = "entryUUID"
    login_attribute: str = "uid"
    name_attribute: str = "cn"
    email_attribute: str = "mail"
    function_attribute: str = "title"
    office_attribute: str = "ou"
    group_base_dn: str = ""
    group_filter: str = "(&(objectClass=groupOfNames)(member={dn}))"
    group_attribute: str = "cn"
    administrator_groups: tuple[str, ...] = ()
    secretary_groups: tuple[str, ...] = ()
    official_groups: tuple[str, ...] = ()
    only_groups: bool = False
    create: bool = True
    sync_hour: int = 2
    timeout_seconds: int = 8

    @property
    def password(self) -> str:
        return self.bind_password or _first_line(self.bind_password_file)


@dataclass(frozen=True, slots=True)
class SignInSection:
    """`password_reset`: whether a forgotten password can be chosen anew by mail, where mail is on."""

    password_reset: bool = True
    oidc: tuple[OidcProvider, ...] = field(default=(), metadata={HIDDEN: True})
    ldap: LdapSection = field(default=LdapSection(), metadata={HIDDEN: True})


SIGN_IN = SignInSection()


def read_oidc(raw: object) -> tuple[OidcProvider, ...]:
    """[[sign_in.oidc]] tables, or a variable with the same as one JSON array. Wrong."""
    found = parsed(raw)
    if not isinstance(found, list):
        raise Wrong("config.sign_in_shape", part="[[sign_in.oidc]]")
    providers = tuple(_provider(table, number) for number, table in enumerate(found, 1))
    if len({one.name for one in providers}) < len(providers):
        raise Wrong("config.sign_in_value", part="[[sign_in.oidc]]", name="name", wanted="unique")
    return providers


def _provider(table: object, number: int) -> OidcProvider:
    part = f"[[sign_in.oidc]] {number}"
    one = OidcProvider(**values_of(table, OidcProvider, part))
    for name in ("name", "issuer", "client_id"):
        if not getattr(one, name):
            raise Wrong("config.sign_in_needs", part=part, name=name)
    if not NAME.fullmatch(one.name):
        raise Wrong("config.sign_in_value", part=part, name="name", wanted="a-z, 0-9, -")
    url = urlsplit(one.issuer)
    if not url.hostname or url.query or url.fragment or not is_safe(url.scheme, url.hostname, "https", "http"):
        raise Wrong("config.sign_in_value", part=part, name="issuer", wanted="https://…")
    if "openid" not in one.scopes:
        raise Wrong("config.sign_in_value", part=part, name="scopes", wanted="openid, …")
    if one.create not in CREATE:
        raise Wrong("config.sign_in_value", part=part, name="create", wanted=", ".join(CREATE))
    if one.create == "domain" and not one.domains:
        raise Wrong("config.sign_in_needs", part=part, name="domains")
    if one.create == "group" and not (one.administrator_groups or one.secretary_groups or one.official_groups):
        raise Wrong("config.sign_in_needs", part=part, name="official_groups")
    check_file(part, "client_secret_file", one.client_secret_file, secret=True)
    return one


def read_ldap(raw: object) -> LdapSection:
    """[sign_in.ldap], or a variable with the same as one JSON object. Wrong."""
    part = "[sign_in.ldap]"
    one = LdapSection(**values_of(parsed(raw), LdapSection, part))
    url = urlsplit(one.url)
    if url.scheme not in ("ldap", "ldaps") or not url.hostname:
        raise Wrong("config.sign_in_value", part=part, name="url", wanted="ldaps://…, ldap://…")
    if not one.start_tls and not is_safe(url.scheme, url.hostname, "ldaps", "ldap"):
        raise Wrong("config.sign_in_value", part=part, name="url", wanted="ldaps://…, start_tls = true")
    if one.start_tls and url.scheme == "ldaps":
        raise Wrong("config.sign_in_value", part=part, name="start_tls", wanted="ldap://…")
    if not one.base_dn:
        raise Wrong("config.sign_in_needs", part=part, name="base_dn")
    for name, mark in (("user_filter", "{login}"), ("group_filter", "{dn}")):
        if mark not in getattr(one, name):
            raise Wrong("config.sign_in_value", part=part, name=name, wanted=f"…{mark}…")
    if not 0 <= one.sync_hour <= 23:
        raise Wrong("config.sign_in_value", part=part, name="sync_hour", wanted="0–23")
    if not 1 <= one.timeout_seconds <= 60:
        raise Wrong("config.sign_in_value", part=part, name="timeout_seconds", wanted="1–60")
    check_file(part, "ca_file", one.ca_file, secret=False)
    check_file(part, "bind_password_file", one.bind_password_file, secret=True)
    return one


def is_safe(scheme: str, host: str, encrypted: str, plain: str) -> bool:
    """Passwords and codes go in the clear to this very machine at most."""
    return scheme == encrypted or (scheme == plain and host in LOOPBACK)


def parsed(raw: object) -> object:
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        raise Wrong("config.sign_in_shape", part="sign_in") from None


def values_of(table: object, shape: type, part: str) -> dict[str, typing.Any]:
    if not isinstance(table, dict):
        raise Wrong("config.sign_in_shape", part=part)
    hints = typing.get_type_hints(shape)
    known = {one.name for one in fields(shape)}
    values: dict[str, typing.Any] = {}
    for name, value in table.items():
        if name not in known:
            raise Wrong("config.sign_in_key", part=part, name=str(name))
        values[name] = _value(value, hints[name], part, name)
    return values


def _value(value: object, hint: object, part: str, name: str) -> object:
    if hint == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise Wrong("config.sign_in_value", part=part, name=name, wanted='["…", "…"]')
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    wanted = {str: '"…"', bool: "true / false", int: "0–9"}.get(hint, "")  # type: ignore[call-overload]
    raise Wrong("config.sign_in_value", part=part, name=name, wanted=wanted)


def check_file(part: str, name: str, path: str, *, secret: bool) -> None:
    if not path:
        return
    if not os.access(path, os.R_OK):
        raise Wrong("config.no_file", path=path)
    if secret and Path(path).stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        raise Wrong("config.secret_readable", key=f"{part} {name}")


def _first_line(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").partition("\n")[0].strip() if path else ""
