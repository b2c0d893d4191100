"""The whole configuration: one TOML file and BALAI_<SECTION>_<KEY> variables, checked together at start.

Every fault is found in one pass and named with its line or variable. No room of the house is imported here; each
gets the frozen section that concerns it.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import os
import re
import stat
import tomllib
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from server.errors import BalaiError, Value
from server.mail_config import ImapSection, check_spans, read_imap
from server.sign_in_config import SIGN_IN, LdapSection, OidcProvider, SignInSection, read_ldap, read_oidc
from server.sign_in_config import Wrong as _Wrong

_SectionT = typing.TypeVar("_SectionT")

Count = typing.NewType("Count", str)  # a number, or "auto"

SITE_KEYS = {"name", "networks", "budget_kbit"}
LEAST_BUDGET_KBIT = 100

HIDDEN = "secret"  # a dataclass field's metadata: a value that must not be readable by others


@dataclass(frozen=True, slots=True)
class ServerSection:
    """Where pages and signalling are served."""

    listen: str = "127.0.0.1:8080"  # host:port; port 0: any free one
    public_url: str = ""  # as browsers see it; "": derived from listen
    data_folder: Path = Path("data")
    trusted_proxies: tuple[str, ...] = ()  # addresses or networks whose X-Forwarded-* are believed


@dataclass(frozen=True, slots=True)
class TlsSection:
    """The office's own certificate; empty: plain HTTP (behind a proxy, or on this machine only)."""

    certificate: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseSection:
    url: str = field(default="", metadata={HIDDEN: True})  # "": SQLite in the data folder


@dataclass(frozen=True, slots=True)
class TurnSection:
    """One [[media.turn]]: a TURN server for networks that let neither media port through. `secret`: coturn's
    static-auth-secret, from which each browser gets a credential that ends by itself."""

    urls: tuple[str, ...] = ()
    secret: str = ""
    username: str = ""
    password: str = ""
    ttl_minutes: int = 480


@dataclass(frozen=True, slots=True)
class MediaSection:
    """The SFU's addresses and processes. Each media process has one UDP and one TCP port for everybody in its meetings:
    the first one these, the next one the next ones."""

    listen: tuple[str, ...] = ("127.0.0.1",)
    # as browsers reach `listen`, pairwise, where NAT is between (each: addresses or names, with spaces); (): the same
    announce: tuple[str, ...] = ()
    udp_port: int = 8801  # 0: any free one
    tcp_port: int = 8801
    voices: int = 6  # microphones forwarded at once in a large meeting; 0: all
    voices_above: int = 12  # a meeting of so many microphones is not large yet
    pictures: int = 25  # faces that one viewer gets at most; a shared screen comes on top
    video_codecs: tuple[str, ...] = ("VP8",)  # browsers send with the first of these that they can encode
    site: tuple[SiteSection, ...] = ()
    workers: Count = Count("auto")  # media processes; auto: one for each processor that this process may use

    turn: tuple[TurnSection, ...] = field(default=(), metadata={HIDDEN: True})

    @property
    def worker_count(self) -> int:
        return len(os.sched_getaffinity(0)) if self.workers == "auto" else int(self.workers)


@dataclass(frozen=True, slots=True)
class SiteSection:
    """One [[media.site]]: an office behind one line, and what all of its viewers together may receive."""

    name: str
    networks: tuple[str, ...]
    budget_kbit: int


@dataclass(frozen=True, slots=True)
class OfficeSection:
    """The office's name and letterhead (kop), as documents and pages show it."""

    name: str = "Balai"
    government: str = ""  # e.g. PEMERINTAH KABUPATEN CONTOH
    unit: str = ""  # e.g. SEKRETARIAT DAERAH
    address: str = ""
    contact: str = ""  # telephone, mail, web page
    city: str = ""
    logo: str = ""  # path of an SVG or PNG
    zone: str = "Asia/Jakarta"
    language: str = "id"


@dataclass(frozen=True, slots=True)
class SessionSection:
    idle_minutes: int = 120
    absolute_hours: int = 12
    attempts_per_account: int = 8
    attempts_per_address: int = 40
    attempts_window_minutes: int = 15


@dataclass(frozen=True, slots=True)
class SignatureSection:
    """What minutes are signed with: a key of the office in a PKCS#12 file or on a token, or a signing service; none:
    they are signed on paper and scanned."""

    pkcs12: str = ""
    passphrase_file: str = ""  # its first line is the passphrase
    pkcs11_module: str = ""  # path of the library that came with the token or HSM
    pkcs11_token: str = ""  # its label; "": the only one there is
    pkcs11_key: str = ""  # label of the key, and of its certificate
    pkcs11_certificate: str = ""  # label of the certificate, if another one
    pkcs11_pin: str = field(default="", metadata={HIDDEN: True})
    pkcs11_pin_file: str = ""  # its first line is the PIN
    timestamp_url: str = ""  # RFC 3161; "": signatures without a trusted time
    authorities: str = ""  # PEM: to whom these certificates lead; with it, proof that none was revoked is embedded
    service_url: str = ""  # of the office's eSign client service (BSrE); everybody signs with their own certificate
    service_username: str = ""
    service_password: str = field(default="", metadata={HIDDEN: True})
    service_password_file: str = ""


@dataclass(frozen=True, slots=True)
class MetricsSection:
    """Who may read GET /metrics: these networks, and whoever shows the token as `Authorization: Bearer`."""

    networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    token: str = field(default="", metadata={HIDDEN: True})


@dataclass(frozen=True, slots=True)
class ScheduleSection:
    """One [[retention.schedule]]: days after the meeting's end that each class is kept; 0: for ever."""

    name: str
    minutes_days: int = 0
    attendance_days: int = 0
    chat_days: int = 0
    recordings_days: int = 0
    documents_days: int = 0


@dataclass(frozen=True, slots=True)
class RetentionSection:
    """`usual`: the schedule of meetings for which none was chosen; "": nothing of them is ever destroyed."""

    usual: str = ""
    schedule: tuple[ScheduleSection, ...] = ()


@dataclass(frozen=True, slots=True)
class MailSection:
    """The office's mail server; without `host` no mail is sent. `sender`: the mailbox that writes, and is answered."""

    host: str = ""
    port: int = 587
    security: str = "starttls"  # none, starttls, tls
    username: str = ""
    password: str = field(default="", metadata={HIDDEN: True})
    password_file: str = ""
    sender: str = ""
    reply_to: str = ""
    per_minute: int = 120  # mails at most
    remind_before_days: int = 3  # of an action item's due day; 0: not before
    remind_after_days: int = 3  # once more, if it is not done by then; 0: not after
    remind_hour: int = 7  # of the office's clock
    dkim_selector: str = ""  # signed in the name of the sender's domain; both or none
    dkim_key: str = ""  # path of a PEM file
    imap: ImapSection = field(default=ImapSection(), metadata={HIDDEN: True})
    remind_before: tuple[str, ...] = ("1d", "1h")  # of a meeting's start, everybody who has not declined
    ask_before: tuple[str, ...] = ("2d",)  # of a meeting's start, those who have not answered


@dataclass(frozen=True, slots=True)
class RecordingSection:
    """`folder` "": `recordings` in the data folder. `quota_gb` 0: as much as the disk has, less `keep_free_gb`."""

    folder: str = ""
    quota_gb: int = 0
    keep_free_gb: int = 2
    compose: bool = True  # one watchable file, unasked, after a meeting; False: when somebody wants it
    compose_beside_meetings: bool = False  # True: also while somebody meets, with what the machine has left over
    compose_at_once: int = 1


@dataclass(frozen=True, slots=True)
class LogSection:
    level: str = "INFO"
    json: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    server: ServerSection = ServerSection()
    tls: TlsSection = TlsSection()
    database: DatabaseSection = DatabaseSection()
    media: MediaSection = MediaSection()
    office: OfficeSection = OfficeSection()
    session: SessionSection = SessionSection()
    signature: SignatureSection = SignatureSection()
    metrics: MetricsSection = MetricsSection()
    mail: MailSection = MailSection()
    retention: RetentionSection = RetentionSection()
    recording: RecordingSection = RecordingSection()
    sign_in: SignInSection = SIGN_IN
    log: LogSection = LogSection()

    @property
    def recordings_folder(self) -> Path:
        return Path(self.recording.folder) if self.recording.folder else self.server.data_folder / "recordings"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (a line or a variable), and the code and values of its sentence."""

    where: str
    code: str
    values: Mapping[str, Value]


class ConfigError(BalaiError):
    """All faults of a configuration at once."""

    default_code = "config.faults"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(count=len(faults))
        self.faults = faults


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The checked configuration; variables win over the file. ConfigError lists every fault."""
    reading = _Reading(path, environ)
    sections: dict[str, typing.Any] = {
        item.name: reading.section(item.name, item.default) for item in dataclasses.fields(Config)
    }
    reading.refuse_unknown(sections)
    config = Config(**sections)
    reading.check_together(config)
    if reading.faults:
        raise ConfigError(tuple(reading.faults))
    return config


class _Reading:
    """One pass over file and variables that collects faults instead of stopping at the first."""

    def __init__(self, path: Path | None, environ: Mapping[str, str]) -> None:
        self.path, self.environ = path, environ
        self.faults: list[Fault] = []
        self.tables: dict[str, object] = {}
        self.lines: dict[str, int] = {}
        self.variables: set[str] = {"BALAI_CONFIG"}
        self.keys: set[str] = set()
        self.others_read = False
        if path is not None:
            self._read_file(path)

    def _read_file(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
            self.others_read = bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
            self.tables = tomllib.loads(text)
            self.lines = _key_lines(text)
        except OSError as error:
            self.fault(str(path), "config.unreadable", reason=error.strerror or "")
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.fault(str(path), "config.syntax", reason=str(error))

    def fault(self, where: str, code: str, **values: Value) -> None:
        self.faults.append(Fault(where, code, values))

    def where(self, key: str) -> str:
        """The variable that set `key`, or its line in the file."""
        variable = _variable(key)
        if variable in self.environ:
            return variable
        line = self.lines.get(key)
        return f"{self.path}:{line}" if line else str(self.path or key)

    def section(self, name: str, default: _SectionT) -> _SectionT:
        table = self.tables.get(name, {})
        if not isinstance(table, dict):
            self.fault(self.where(name), "config.section", section=name)
            table = {}
        values: dict[str, object] = {}
        hints = typing.get_type_hints(type(default))
        for item in dataclasses.fields(default):  # type: ignore[arg-type]
            key = f"{name}.{item.name}"
            self.keys.add(key)
            self.variables.add(_variable(key))
            try:
                raw = self._raw(key, table.get(item.name), secret=bool(item.metadata.get(HIDDEN)))
                if raw is not None:
                    values[item.name] = _READERS[hints[item.name]](raw)
            except _Wrong as wrong:
                self.fault(self.where(key), wrong.code, key=key, **wrong.values)
        return dataclasses.replace(default, **values)  # type: ignore[type-var]

    def _raw(self, key: str, in_file: object, *, secret: bool) -> object:
        variable = _variable(key)
        if variable in self.environ:
            return self.environ[variable]
        if secret and in_file and self.others_read:
            raise _Wrong("config.secret_readable")
        return in_file

    def refuse_unknown(self, sections: Mapping[str, object]) -> None:
        """A misspelt key is a fault, not a default."""
        for name, table in self.tables.items():
            if name not in sections:
                self.fault(self.where(name), "config.unknown", key=name)
            elif isinstance(table, dict):
                for key in table:
                    if f"{name}.{key}" not in self.keys:
                        self.fault(self.where(f"{name}.{key}"), "config.unknown", key=f"{name}.{key}")
        for variable in self.environ:
            if variable.startswith("BALAI_") and variable not in self.variables:
                self.fault(variable, "config.unknown", key=variable)

    def check_together(self, config: Config) -> None:
        """What only shows when values meet or are looked at closely."""
        for key, check in _CHECKS:
            section, name = key.split(".")
            try:
                check(getattr(getattr(config, section), name))
            except _Wrong as wrong:
                self.fault(self.where(key), wrong.code, key=key, **wrong.values)
        if bool(config.tls.certificate) != bool(config.tls.key):
            self.fault(self.where("tls.certificate"), "config.tls_pair", key="tls")
        if config.tls.key and _others_read(Path(config.tls.key)):
            self.fault(self.where("tls.key"), "config.secret_readable", key=config.tls.key)
        self._check_signature(config.signature)
        if config.media.announce and len(config.media.announce) != len(config.media.listen):
            self.fault(self.where("media.announce"), "config.announce_pairs", key="media.announce")
        self._check_ports(config.media)
        self._check_mail(config.mail)
        if config.sign_in.oidc and not config.server.public_url:  # providers send people back to one address only
            self.fault(self.where("sign_in.oidc"), "config.sign_in_public_url", key="sign_in.oidc")

    def _check_mail(self, mail: MailSection) -> None:
        if mail.host and not mail.sender:
            self.fault(self.where("mail.host"), "config.mail_sender", key="mail.sender")
        if bool(mail.dkim_selector) != bool(mail.dkim_key):
            self.fault(self.where("mail.dkim_selector"), "config.dkim_pair", key="mail.dkim_selector")
        for key in ("password_file", "dkim_key"):
            path = getattr(mail, key)
            if path and _others_read(Path(path)):
                self.fault(self.where(f"mail.{key}"), "config.secret_readable", key=path)

    def _check_signature(self, signature: SignatureSection) -> None:
        for key in ("pkcs12", "passphrase_file", "pkcs11_pin_file", "service_password_file"):
            path = getattr(signature, key)
            if path and _others_read(Path(path)):
                self.fault(self.where(f"signature.{key}"), "config.secret_readable", key=path)
        if sum(map(bool, (signature.pkcs12, signature.pkcs11_module, signature.service_url))) > 1:
            self.fault(self.where("signature"), "config.signature_one", key="signature")
        if signature.pkcs11_module and not signature.pkcs11_key:
            self.fault(self.where("signature.pkcs11_module"), "config.signature_key", key="signature.pkcs11_key")
        if signature.pkcs11_module and not (signature.pkcs11_pin or signature.pkcs11_pin_file):
            self.fault(self.where("signature.pkcs11_module"), "config.signature_pin", key="signature.pkcs11_pin_file")
        if signature.authorities and not signature.timestamp_url:
            self.fault(self.where("signature.authorities"), "config.signature_time", key="signature.timestamp_url")

    def _check_ports(self, media: MediaSection) -> None:
        """The last media process's ports must exist too. Only where the number itself is in order."""
        if not any(fault.code == "config.workers" for fault in self.faults):
            for key, port in (("media.udp_port", media.udp_port), ("media.tcp_port", media.tcp_port)):
                if port <= 65535 < port + media.worker_count - 1:
                    self.fault(self.where(key), "config.range", key=key, low=0, high=65536 - media.worker_count)


def _variable(key: str) -> str:
    return "BALAI_" + key.replace(".", "_").upper()


def _key_lines(text: str) -> dict[str, int]:
    """Line numbers of `[section]` and `section.key`, good enough to point at (tomllib keeps none)."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]", line):
            section = header[1]
            lines.setdefault(section, number)
        elif key := re.match(r"\s*([\w-]+)\s*=", line):
            lines.setdefault(f"{section}.{key[1]}" if section else key[1], number)
    return lines


def _others_read(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False  # a missing file is its own fault


# ------------------------------------------------------------ reading one value


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise _Wrong("config.type", wanted="text")
    return raw


def _integer(raw: object) -> int:
    if isinstance(raw, str) and re.fullmatch(r"-?\d{1,9}", raw):
        return int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    raise _Wrong("config.type", wanted="integer")


def _boolean(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    raise _Wrong("config.type", wanted="true/false")


def _sites(raw: object) -> tuple[SiteSection, ...]:
    """The tables of [[media.site]]; a variable cannot hold them."""
    if not isinstance(raw, list):
        raise _Wrong("config.type", wanted="list")
    sites = tuple(_site(one, number) for number, one in enumerate(raw, 1))
    if len({one.name for one in sites}) < len(sites):
        raise _Wrong("config.site", site=", ".join(one.name for one in sites))
    return sites


def _site(raw: object, number: int) -> SiteSection:
    if not isinstance(raw, dict) or set(raw) != SITE_KEYS:
        raise _Wrong("config.site", site=str(number))
    name, networks, budget_kbit = _text(raw["name"]), _texts(raw["networks"]), _integer(raw["budget_kbit"])
    if not name or not networks or budget_kbit < LEAST_BUDGET_KBIT:
        raise _Wrong("config.site", site=name or str(number))
    _networks(networks)
    return SiteSection(name, networks, budget_kbit)


def _schedules(raw: object) -> tuple[ScheduleSection, ...]:
    """The tables of [[retention.schedule]]; a variable cannot hold them."""
    if not isinstance(raw, list):
        raise _Wrong("config.type", wanted="list")
    names = {one.name for one in fields(ScheduleSection)}
    schedules: list[ScheduleSection] = []
    for number, one in enumerate(raw, 1):
        if not isinstance(one, dict) or not {"name"} <= set(one) <= names:
            raise _Wrong("config.schedule", schedule=str(number))
        days = {key: _integer(value) for key, value in one.items() if key != "name"}
        name = _text(one["name"])
        if not name or any(value < 0 for value in days.values()) or name in {each.name for each in schedules}:
            raise _Wrong("config.schedule", schedule=name or str(number))
        schedules.append(ScheduleSection(name, **days))
    return tuple(schedules)


def _texts(raw: object) -> tuple[str, ...]:
    """A TOML array of strings, or a comma-separated variable."""
    if isinstance(raw, str):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    if isinstance(raw, list) and all(isinstance(part, str) for part in raw):
        return tuple(raw)
    raise _Wrong("config.type", wanted="list")


def _turn(raw: object) -> tuple[TurnSection, ...]:
    """[[media.turn]] tables, or a variable with the same as one JSON array."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except ValueError:
            raise _Wrong("config.turn") from None
    if not isinstance(raw, list):
        raise _Wrong("config.turn")
    return tuple(_one_turn(table) for table in raw)


def _one_turn(table: object) -> TurnSection:
    hints = typing.get_type_hints(TurnSection)
    if not isinstance(table, dict) or not hints.keys() >= table.keys():
        raise _Wrong("config.turn")
    one = TurnSection(**{name: _READERS[hints[name]](value) for name, value in table.items()})  # type: ignore[arg-type]
    known = all(re.fullmatch(r"(turns?|stuns?):[^\s/?]+(\?transport=(udp|tcp))?", url) for url in one.urls)
    if not one.urls or not known or (one.secret and one.username) or bool(one.username) != bool(one.password):
        raise _Wrong("config.turn")
    if not 5 <= one.ttl_minutes <= 44_640:
        raise _Wrong("config.range", low=5, high=44_640)
    return one


_READERS: dict[object, Callable[[object], object]] = {
    Count: lambda raw: str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else _text(raw),
    str: _text,
    tuple[SiteSection, ...]: _sites,
    tuple[ScheduleSection, ...]: _schedules,
    int: _integer,
    bool: _boolean,
    tuple[str, ...]: _texts,
    tuple[TurnSection, ...]: _turn,
    tuple[OidcProvider, ...]: read_oidc,
    LdapSection: read_ldap,
    ImapSection: read_imap,
    Path: lambda raw: Path(_text(raw)),
}


# ------------------------------------------------------------ looking at one value


def _host_port(value: str) -> None:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise _Wrong("config.host_port")


def _port(value: int) -> None:
    if not 0 <= value <= 65535:
        raise _Wrong("config.range", low=0, high=65535)


def _between(low: int, high: int) -> Callable[[int], None]:
    def check(value: int) -> None:
        if not low <= value <= high:
            raise _Wrong("config.range", low=low, high=high)

    return check


def _addresses(value: tuple[str, ...]) -> None:
    if not value:
        raise _Wrong("config.no_address")
    for address in value:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise _Wrong("config.address", address=address) from None


def _names(value: tuple[str, ...]) -> None:
    for entry in value:
        for name in entry.split():
            try:
                ipaddress.ip_address(name)
            except ValueError:
                if not re.fullmatch(r"(?=.{1,253}$)([A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62}", name):
                    raise _Wrong("config.address", address=name) from None
        if not entry.split():
            raise _Wrong("config.address", address=entry)


def _networks(value: tuple[str, ...]) -> None:
    for network in value:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise _Wrong("config.address", address=network) from None


def _file(value: str) -> None:
    if value and not os.access(value, os.R_OK):
        raise _Wrong("config.no_file", path=value)


def _url(value: str) -> None:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/")):
        raise _Wrong("config.url")


def _address(value: str) -> None:
    """Of a service, with a path."""
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise _Wrong("config.url")


def _database(value: str) -> None:
    if value and not value.startswith(("sqlite:", "postgresql:", "postgresql+asyncpg:", "sqlite+aiosqlite:")):
        raise _Wrong("config.database")


def _workers(value: str) -> None:
    if value != "auto" and not (value.isdecimal() and 1 <= int(value) <= 256):
        raise _Wrong("config.workers")


def _zone(value: str) -> None:
    if value not in available_timezones():
        raise _Wrong("config.zone", zone=value)


def _mailbox(value: str) -> None:
    if value and not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}", value):
        raise _Wrong("config.mailbox")


def _selector(value: str) -> None:
    if value and not re.fullmatch(r"[A-Za-z0-9._-]{1,63}", value):
        raise _Wrong("config.mailbox")


def _choice(*allowed: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in allowed:
            raise _Wrong("config.choice", allowed=", ".join(allowed))

    return check


def _each(*allowed: str) -> Callable[[tuple[str, ...]], None]:
    """One or more of these, in any order."""
    check_one = _choice(*allowed)

    def check(value: tuple[str, ...]) -> None:
        for one in value or ("",):
            check_one(one)

    return check


_CHECKS: tuple[tuple[str, Callable[[typing.Any], None]], ...] = (
    ("server.listen", _host_port),
    ("server.public_url", _url),
    ("server.trusted_proxies", _networks),
    ("tls.certificate", _file),
    ("tls.key", _file),
    ("database.url", _database),
    ("media.listen", _addresses),
    ("media.announce", _names),
    ("media.udp_port", _port),
    ("media.tcp_port", _port),
    ("media.voices", _between(0, 100)),
    ("media.voices_above", _between(1, 1000)),
    ("media.pictures", _between(1, 1000)),
    ("media.video_codecs", _each("VP8", "VP9", "H264", "AV1")),
    ("media.workers", _workers),
    ("office.logo", _file),
    ("office.zone", _zone),
    ("office.language", _choice("id", "en")),
    ("session.idle_minutes", _between(1, 1440)),
    ("session.absolute_hours", _between(1, 168)),
    ("session.attempts_per_account", _between(1, 1000)),
    ("session.attempts_per_address", _between(1, 10000)),
    ("session.attempts_window_minutes", _between(1, 1440)),
    ("signature.pkcs12", _file),
    ("signature.passphrase_file", _file),
    ("signature.pkcs11_module", _file),
    ("signature.pkcs11_pin_file", _file),
    ("signature.authorities", _file),
    ("signature.service_url", _address),
    ("signature.service_password_file", _file),
    ("signature.timestamp_url", _address),
    ("metrics.networks", _networks),
    ("mail.port", _port),
    ("mail.security", _choice("none", "starttls", "tls")),
    ("mail.password_file", _file),
    ("mail.dkim_key", _file),
    ("mail.dkim_selector", _selector),
    ("mail.sender", _mailbox),
    ("mail.remind_before_days", _between(0, 60)),
    ("mail.remind_after_days", _between(0, 60)),
    ("mail.remind_hour", _between(0, 23)),
    ("mail.reply_to", _mailbox),
    ("mail.per_minute", _between(1, 6000)),
    ("mail.remind_before", check_spans),
    ("mail.ask_before", check_spans),
    ("recording.quota_gb", _between(0, 1_000_000)),
    ("recording.keep_free_gb", _between(0, 1_000)),
    ("recording.compose_at_once", _between(1, 16)),
    ("log.level", _choice("DEBUG", "INFO", "WARNING", "ERROR")),
)
