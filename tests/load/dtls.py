"""DTLS 1.2 and SRTP of a synthetic participant, without a socket: datagrams in, datagrams out, SRTP in place.
The server's own DTLS code is never imported here, so a fault in it cannot hide behind its mirror image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pylibsrtp
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    SRTPProtectionProfile,
    certificate_digest,
)
from OpenSSL import SSL
from pylibsrtp._binding import ffi, lib

PROFILES: dict[str, SRTPProtectionProfile] = {
    "AEAD_AES_128_GCM": SRTP_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": SRTP_AEAD_AES_256_GCM,
    "AES128_CM_SHA1_80": SRTP_AES128_CM_SHA1_80,
}
DTLS_1_2 = 0xFEFD
MTU_BYTES = 1200
RECORD_HEADER_BYTES = 13  # RFC 6347 section 4.1: type 1, version 2, epoch 2, sequence 6, length 2
REPLAY_WINDOW_PACKETS = 1024
PACKET_ROOM_BYTES = 2048


def datagrams(flight: bytes) -> Iterator[bytes]:
    """Cuts a DTLS flight at record boundaries (RFC 6347 section 4.1.1: a record must not span datagrams)."""
    start = position = 0
    while position + RECORD_HEADER_BYTES <= len(flight):
        end = position + RECORD_HEADER_BYTES + int.from_bytes(flight[position + 11 : position + 13], "big")
        if end - start > MTU_BYTES and position > start:
            yield flight[start:position]
            start = position
        position = end
    if start < len(flight):
        yield flight[start:]


class InPlaceSrtp:
    """One direction of SRTP over a buffer of its own; `buffer` is writable and holds the packet before and after.

    Calls libsrtp through pylibsrtp's binding: `Session.protect` copies twice, and a thousand participants on two
    cores must not eat what the server is measured on.
    """

    def __init__(self, key: bytes, profile: SRTPProtectionProfile, *, inbound: bool) -> None:
        policy = pylibsrtp.Policy(
            key=key,
            ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND if inbound else pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=profile.libsrtp_profile,
        )
        policy.window_size = REPLAY_WINDOW_PACKETS
        policy.allow_repeat_tx = True
        self._session = pylibsrtp.Session(policy)
        self._handle: Any = self._session._srtp[0]
        self._cdata: Any = ffi.new("char[]", PACKET_ROOM_BYTES)
        self._length: Any = ffi.new("int *")
        self.buffer: memoryview = memoryview(ffi.buffer(self._cdata)).cast("B")

    def protect(self, size: int) -> int:
        """Encrypts the RTP packet in `buffer[:size]`; returns its new size in bytes."""
        return self._run(lib.srtp_protect, size)

    def protect_rtcp(self, size: int) -> int:
        return self._run(lib.srtp_protect_rtcp, size)

    def unprotect(self, size: int) -> int:
        """Decrypts `buffer[:size]`; returns the size in bytes, 0 when the packet is not authentic or was replayed."""
        return self._run(lib.srtp_unprotect, size)

    def unprotect_rtcp(self, size: int) -> int:
        return self._run(lib.srtp_unprotect_rtcp, size)

    def _run(self, function: Any, size: int) -> int:
        self._length[0] = size
        if function(self._handle, self._cdata, self._length) != lib.srtp_err_status_ok:
            return 0
        return int(self._length[0])


@dataclass(frozen=True)
class SrtpPair:
    """The keyed result of a handshake."""

    profile: str
    inbound: InPlaceSrtp
    outbound: InPlaceSrtp


def pair_of(name: str, key_and_salt: bytes) -> SrtpPair:
    """Both ways with one key that was known beforehand."""
    profile = PROFILES[name]
    return SrtpPair(
        profile=name,
        inbound=InPlaceSrtp(key_and_salt, profile, inbound=True),
        outbound=InPlaceSrtp(key_and_salt, profile, inbound=False),
    )


class DtlsHandshake:
    """One side of a DTLS-SRTP handshake (RFC 5764) over memory buffers; raises ConnectionError when it fails."""

    def __init__(
        self,
        certificate: RTCCertificate,
        *,
        client: bool,
        profiles: tuple[str, ...] = ("AEAD_AES_128_GCM",),
        fingerprints: dict[str, str] | None = None,
    ) -> None:
        context = certificate._create_ssl_context([PROFILES[name] for name in profiles])
        context.set_max_proto_version(DTLS_1_2)
        self._connection = SSL.Connection(context)
        self._connection.set_ciphertext_mtu(MTU_BYTES)
        self._client = client
        self._fingerprints = fingerprints
        if client:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()
        self.srtp: SrtpPair | None = None

    def start(self) -> list[bytes]:
        """The first flight."""
        return self._advance()

    def receive(self, datagram: bytes) -> list[bytes]:
        """Takes one DTLS datagram, returns those to send. `srtp` is set once the keys exist."""
        self._connection.bio_write(datagram)
        if self.srtp is not None:
            return []
        return self._advance()

    def retransmit(self) -> list[bytes]:
        """To be called now and then until `srtp` is set (RFC 6347 section 4.2.4); OpenSSL knows what is overdue."""
        if self.srtp is None and self._connection.DTLSv1_handle_timeout():
            return self._outgoing()
        return []

    def _advance(self) -> list[bytes]:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return self._outgoing()
        except SSL.Error as error:
            raise ConnectionError(f"DTLS handshake failed: {error}") from error
        self._check_fingerprint()
        self.srtp = self._derive_keys()
        return self._outgoing()

    def _outgoing(self) -> list[bytes]:
        flight = b""
        while True:
            try:
                flight += self._connection.bio_read(65536)
            except SSL.WantReadError:
                return list(datagrams(flight))

    def _check_fingerprint(self) -> None:
        if self._fingerprints is None:
            return
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        known = {name.lower(): value for name, value in self._fingerprints.items() if name.lower() == "sha-256"}
        if certificate is None or known.get("sha-256", "").upper() != certificate_digest(certificate, "sha-256"):
            raise ConnectionError("the server's certificate is not the one its transport announced")

    def _derive_keys(self) -> SrtpPair:
        chosen = self._connection.get_selected_srtp_profile()
        name = next((name for name, one in PROFILES.items() if one.openssl_profile == chosen), None)
        if name is None:
            raise ConnectionError("no SRTP profile in common")
        profile = PROFILES[name]
        material = self._connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        # RFC 5764 section 4.2: the client's write key comes first.
        client_key, server_key = profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1)
        outbound, inbound = (client_key, server_key) if self._client else (server_key, client_key)
        return SrtpPair(
            profile=name,
            inbound=InPlaceSrtp(inbound, profile, inbound=True),
            outbound=InPlaceSrtp(outbound, profile, inbound=False),
        )
