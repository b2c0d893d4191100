"""A token as an office has one: made with softhsm2-util, filled with pkcs11-tool. No assertion lives here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from tests.unit.documents.authority import Authority

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
KEY, PIN = "notula", "246810"


def make(folder: Path, authority: Authority, kind: str, label: str) -> None:
    """`kind`: "rsa:2048" or "EC:prime256v1". A token in `folder` with a key that never leaves it and its certificate.
    SOFTHSM2_CONF of this process must lead there."""
    run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "13571357")
    tool = ("pkcs11-tool", "--module", MODULE, "--token-label", label, "--login", "--pin", PIN)
    run(*tool, "--keypairgen", "--key-type", kind, "--label", KEY, "--id", "01")
    public = folder / "public.der"
    run(*tool, "--read-object", "--type", "pubkey", "--label", KEY, "--output-file", str(public))
    own = authority.issue("Sekretariat Daerah", load_der_public_key(public.read_bytes()))  # type: ignore[arg-type]
    certificate = folder / "own.der"
    certificate.write_bytes(own.public_bytes(Encoding.DER))
    run(*tool, "--write-object", str(certificate), "--type", "cert", "--label", KEY, "--id", "01")


def place(folder: Path) -> None:
    """An own home for tokens, for this process and what it starts."""
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)
