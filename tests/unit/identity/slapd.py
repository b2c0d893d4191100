"""A real directory (Debian's slapd) on free ports of this machine, with throw-away people and a certificate of its own,
as long as a test runs. No assertion lives here.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BASE = "dc=contoh,dc=go,dc=id"
READER, READER_PASSWORD = f"cn=balai,{BASE}", "baca-saja"
PASSWORD = "sandi-direktori-9"
SCHEMAS = Path("/etc/ldap/schema")

CONFIG = """
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
pidfile {folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw root
directory {folder}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""
HEAD = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Contoh
dc: contoh

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: balai
userPassword: {READER_PASSWORD}

dn: ou=orang,{BASE}
objectClass: organizationalUnit
ou: orang

dn: ou=kelompok,{BASE}
objectClass: organizationalUnit
ou: kelompok
"""


def dn(login: str) -> str:
    return f"uid={login},ou=orang,{BASE}"


@dataclass
class Slapd:
    folder: Path
    port: int
    tls_port: int

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def authority(self) -> str:
        return str(self.folder / "cert.pem")

    def person(self, login: str, name: str, *groups: str) -> None:
        self.change(
            f"dn: {dn(login)}\nobjectClass: inetOrgPerson\nuid: {login}\ncn: {name}\nsn: {name}\n"
            f"mail: {login}@contoh.go.id\ntitle: Kepala Bagian\nou: Sekretariat Daerah\nuserPassword: {PASSWORD}\n"
        )
        for group in groups:
            self.joins(login, group)

    def group(self, name: str, *logins: str) -> None:
        members = "".join(f"member: {dn(one)}\n" for one in (*logins,))
        entry = f"dn: cn={name},ou=kelompok,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n"
        self.change(f"{entry}member: {READER}\n{members}")

    def joins(self, login: str, group: str) -> None:
        self.change(f"dn: cn={group},ou=kelompok,{BASE}\nchangetype: modify\nadd: member\nmember: {dn(login)}\n")

    def leaves(self, login: str, group: str) -> None:
        self.change(f"dn: cn={group},ou=kelompok,{BASE}\nchangetype: modify\ndelete: member\nmember: {dn(login)}\n")

    def gone(self, login: str) -> None:
        self.change(f"dn: {dn(login)}\nchangetype: delete\n")

    def change(self, ldif: str) -> None:
        command = ["ldapmodify", "-a", "-x", "-H", self.url, "-D", f"cn=root,{BASE}", "-w", "root"]
        subprocess.run(command, input=ldif, text=True, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def running() -> Iterator[Slapd]:
    program = shutil.which("slapd", path="/usr/sbin:/usr/bin:/sbin")
    assert program, "Debian's slapd is missing: apt-get install slapd ldap-utils"
    with tempfile.TemporaryDirectory(prefix="balai-slapd") as name:
        folder = Path(name)
        (folder / "db").mkdir()
        _certificate(folder)
        text = CONFIG.format(schemas=SCHEMAS, folder=folder, base=BASE, reader=READER)
        (folder / "slapd.conf").write_text(text)
        one = Slapd(folder, _free_port(), _free_port())
        command = [program, "-f", str(folder / "slapd.conf"), "-h", f"{one.url}/ {one.tls_url}/", "-d", "0"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(one.port, process)
            one.change(HEAD)
            yield one
        finally:
            process.kill()
            process.wait(10)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it listens: connecting waits in the kernel, and is refused at once before that."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            continue
        return
    raise AssertionError("slapd did not start")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
