"""A real IMAP server (Debian's dovecot) on free ports of this machine, with one throw-away mailbox, as long as a test
runs. No assertion on Balai lives here.
"""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.system.certificates import issue
from tests.system.programs import environ, free_port

USER, PASSWORD = "rapat", 'rahasia "9" \\ é'
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{chain}
ssl_key = <{key}
disable_plaintext_auth = yes
auth_mechanisms = {mechanisms}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
{capability}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
"""
WITHOUT_IDLE = "imap_capability = IMAP4rev1 LITERAL+ ENABLE"


@dataclass
class Dovecot:
    folder: Path
    port: int
    tls_port: int
    authority: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("dovecot", path="/usr/sbin:/usr/bin")
        assert program, "Debian's dovecot is missing: apt-get install dovecot-imapd"
        command = [program, "-F", "-c", str(self.folder / "dovecot.conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ())
        self._await()

    def _await(self) -> None:
        """Until it greets: connecting is refused at once before that."""
        assert self.process is not None
        while self.process.poll() is None:
            try:
                imaplib.IMAP4("127.0.0.1", self.port).logout()
            except ConnectionRefusedError:
                continue
            return
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def client(self) -> imaplib.IMAP4_SSL:
        """Somebody else's client: the standard library's."""
        trust = ssl.create_default_context(cafile=self.authority)
        client = imaplib.IMAP4_SSL("localhost", self.tls_port, ssl_context=trust)
        client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
        return client

    def deliver(self, *mails: bytes) -> None:
        client = self.client()
        for raw in mails:
            client.append("INBOX", "", None, raw)
        client.logout()

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        """Of each message, in order."""
        client = self.client()
        status, _ = client.select(f'"{folder}"', readonly=True)
        if status != "OK":
            client.logout()
            return []
        if client.status(f'"{folder}"', "(MESSAGES)")[1][0].endswith(b"(MESSAGES 0)"):
            client.logout()
            return []
        _, found = client.fetch("1:*", "(FLAGS)")
        client.logout()
        lines = [one.decode() for one in found if isinstance(one, bytes)]
        return [set(line.partition("FLAGS (")[2].partition(")")[0].split()) for line in lines]


@contextmanager
def running(*, idle: bool = True, mechanisms: str = "plain login") -> Iterator[Dovecot]:
    with tempfile.TemporaryDirectory(prefix="balai-dovecot") as name:
        folder = Path(name)
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        certificate = issue(folder / "certificates", "localhost")
        one = Dovecot(folder, free_port(), free_port(), str(certificate.authority))
        (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")

        text = CONFIG.format(
            folder=folder, chain=certificate.chain, key=certificate.key, port=one.port, tls_port=one.tls_port,
            user=owner.pw_name, group=grp.getgrgid(owner.pw_gid).gr_name, uid=owner.pw_uid, gid=owner.pw_gid,
            mechanisms=mechanisms, capability="" if idle else WITHOUT_IDLE,
        )  # fmt: skip
        (folder / "dovecot.conf").write_text(text)
        for path in (folder, folder / "users"):
            shutil.chown(path, owner.pw_uid, owner.pw_gid)
        one.start()
        try:
            yield one
        finally:
            one.stop()
