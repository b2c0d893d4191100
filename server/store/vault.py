"""The master key, and everything that is sealed or derived with it: AES-256-GCM, HKDF-SHA-256. No table is known here.

The key lies in one file of the data folder that only the server may read; whoever has it and the database has all.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.store.database import StoreError

KEY_NAME = "master.key"
KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2.2: random nonces; far below 2^32 messages for any one key


class Unsealable(StoreError):
    """What should be opened was not sealed with this key, for this place, or was changed since."""

    default_code = "store.unsealable"


def seal(key: bytes, plain: bytes, place: bytes) -> bytes:
    """nonce | ciphertext | tag; `place` is authenticated, so that a sealed value cannot be moved elsewhere."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> bytes:
    """The plain bytes; Unsealable."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
    except (InvalidTag, ValueError):
        raise Unsealable from None


class Vault:
    """The master key, in use. Its bytes leave only as what was derived from them for a named purpose."""

    def __init__(self, master: bytes) -> None:
        self._wrapping = _derive(master, "wrap")
        self._master = master

    def seal(self, plain: bytes, place: str) -> bytes:
        return seal(self._wrapping, plain, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        return unseal(self._wrapping, sealed, place.encode())

    def secret(self, purpose: str) -> bytes:
        """32 bytes that are always the same for this office and purpose (to sign tickets, tokens)."""
        return _derive(self._master, f"secret:{purpose}")

    @property
    def fingerprint(self) -> str:
        """Names the key without telling it: the database remembers which key it belongs to."""
        return _derive(self._master, "fingerprint")[:8].hex()


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"balai.1.{purpose}".encode()).derive(master)


def open_vault(data_folder: Path, *, create: bool) -> Vault:
    """The vault of this data folder. With `create` a missing key is made, once, whoever asks at the same time.
    StoreError("store.key_missing" | "store.key_readable" | "store.key_broken")."""
    path = data_folder / KEY_NAME
    if create and not path.exists():
        _create(path)
    try:
        mode = path.stat().st_mode
        master = path.read_bytes()
    except FileNotFoundError:
        raise StoreError("store.key_missing", path=str(path)) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreError("store.key_readable", path=str(path))
    if len(master) != KEY_BYTES:
        raise StoreError("store.key_broken", path=str(path))
    return Vault(master)


def _create(path: Path) -> None:
    """Written aside and linked into place: nobody ever sees half a key, and the first one stays."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, os.urandom(KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(aside, path)
    except FileExistsError:
        pass  # somebody else was first; theirs is the key
    finally:
        aside.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """A new name in a folder is durable only when the folder itself is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
