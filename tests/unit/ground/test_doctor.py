"""The doctor names what would not work on this machine, and has a sentence for everything that it can find."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import doctor, signing_doctor
from server.clock import SystemClock
from server.config import Config, DatabaseSection, MediaSection, ServerSection, SignatureSection, TlsSection
from server.doctor import examine
from server.findings import Finding
from server.store.store import open_store
from tests.system.certificates import Certificate, issue
from tests.unit.documents import keys
from web.i18n import Catalogues

NAME = "rapat.contoh.example"


@pytest.fixture
def port() -> Iterator[int]:
    """One that somebody else has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def config(folder: Path, listen: str = "127.0.0.1:0", media: MediaSection | None = None, **more: object) -> Config:
    server = ServerSection(listen=listen, data_folder=folder)
    return Config(server=server, media=media or MediaSection(udp_port=0, tcp_port=0), **more)  # type: ignore[arg-type]


async def found(wanted: Config) -> dict[str, str]:
    return {one.what: one.level async for one in examine(wanted, SystemClock())}


def test_every_finding_has_a_sentence_whose_blanks_are_filled() -> None:
    text = "".join(Path(one.__file__).read_text() for one in (doctor, signing_doctor))
    named = set(re.findall(r'"(?:ok|warning|fault)", "([a-z_.]+)"', text)) - {"warning"} | {"disk", "disk.low"}
    named |= {*signing_doctor.FAULTS.values(), "signature.cannot"}
    words = Catalogues().words("en")
    known = {key.removeprefix("page.doctor.") for key in words.keys() if key.startswith("page.doctor.")}  # noqa: SIM118
    assert named == known


async def test_a_new_machine_is_in_order(tmp_path: Path) -> None:
    levels = await found(config(tmp_path / "data"))
    assert "fault" not in levels.values()
    assert {"folder.new", "database.new", "port", "disk", "address.loopback", "https.here"} <= levels.keys()
    assert not (tmp_path / "data").exists()  # looked at, not touched


async def test_a_used_one_too_and_its_key_belongs_to_it(tmp_path: Path) -> None:
    store = await open_store("", tmp_path / "data", SystemClock())
    await store.close()
    levels = await found(config(tmp_path / "data"))
    assert (levels["folder"], levels["database"]) == ("ok", "ok")
    (tmp_path / "data").chmod(0o750)
    (tmp_path / "data" / "master.key").unlink()
    levels = await found(config(tmp_path / "data"))
    assert (levels["folder.open"], levels["database.key"]) == ("warning", "fault")


async def test_a_newer_database_and_one_that_does_not_answer_are_faults(tmp_path: Path) -> None:
    store = await open_store("", tmp_path / "data", SystemClock())

    async def work(connection: object) -> None:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")  # type: ignore[attr-defined]

    await store.database.write(work)
    await store.close()
    assert (await found(config(tmp_path / "data")))["database.newer"] == "fault"
    away = DatabaseSection("postgresql://balai@127.0.0.1:1/balai")
    assert (await found(config(tmp_path / "data", database=away)))["database.unreachable"] == "fault"


async def test_ports_that_others_have_and_addresses_of_elsewhere_are_faults(tmp_path: Path, port: int) -> None:
    media = MediaSection(listen=("203.0.113.7",), udp_port=0, tcp_port=0)
    levels = await found(config(tmp_path, f"127.0.0.1:{port}", media))
    assert (levels["port.taken"], levels["port.not_here"], levels["address.private"]) == ("fault", "fault", "ok")
    everywhere = MediaSection(listen=("0.0.0.0",), udp_port=0, tcp_port=0)  # noqa: S104
    assert (await found(config(tmp_path, media=everywhere)))["address.any"] == "fault"


def tls(made: Certificate, name: str = NAME) -> dict[str, str]:
    section = TlsSection(str(made.chain), str(made.key))
    return {one.what: one.level for one in doctor.certificate(section, name, SystemClock())}


def test_certificates_are_read_as_browsers_will(tmp_path: Path) -> None:
    good = issue(tmp_path / "good", NAME)
    assert tls(good) == {"certificate": "ok", "certificate.alone": "warning"}
    assert "certificate.name" in tls(good, "lain.contoh.example")
    assert tls(issue(tmp_path / "soon", NAME, days=5))["certificate.soon"] == "warning"
    assert tls(issue(tmp_path / "over", NAME, days=-2))["certificate.over"] == "fault"
    assert "certificate" in tls(issue(tmp_path / "wild", "*.contoh.example"))
    other = Certificate(good.authority, good.chain, issue(tmp_path / "other", NAME).key)
    assert tls(other) == {"certificate.broken": "fault"}
    with good.chain.open("ab") as chain:
        chain.write(good.authority.read_bytes())
    assert tls(good) == {"certificate": "ok"}


def test_https_that_nobody_does_is_a_fault(tmp_path: Path) -> None:
    def of(**server: object) -> Finding:
        section = ServerSection(data_folder=tmp_path, **server)  # type: ignore[arg-type]
        return next(doctor.https(Config(server=section), SystemClock()))

    assert of(listen="0.0.0.0:80").what == "https.none"
    assert of(public_url=f"https://{NAME}").what == "https.no_proxy"
    assert of(public_url=f"https://{NAME}", trusted_proxies=("127.0.0.1",)).level == "ok"


@pytest.mark.parametrize(("free", "level"), [(1 << 20, "fault"), (1 << 30, "warning"), (1 << 40, "ok")])
def test_a_full_disk_is_named_before_meetings_feel_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    usage = doctor.shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert next(doctor.disk(tmp_path / "not" / "there")).level == level


async def test_what_minutes_are_signed_with_is_tried_and_told(tmp_path: Path) -> None:
    async def of(**section: str) -> str:
        return (await signing_doctor.signature(SignatureSection(**section), SystemClock())).what

    path, _ = keys.make(tmp_path)
    (tmp_path / "passphrase").write_bytes(keys.PASSPHRASE)
    own = {"pkcs12": str(path), "passphrase_file": str(tmp_path / "passphrase")}
    assert await of() == "signature.none"
    assert await of(**own) == "signature"
    assert await of(pkcs12=str(path)) == "signature.key"
    assert await of(**own, timestamp_url="http://127.0.0.1:9/tsa") == "signature.timestamp"
    assert await of(**own, timestamp_url="http://127.0.0.1:9/tsa", authorities=str(path)) == "signature.revocation"
    assert await of(pkcs11_module=str(path), pkcs11_key="x") == "signature.module"
