"""DTLS-SRTP (RFC 5764) as the server, synchronous, over memory; and SRTP in place on buffers that are C memory too.

The private seam to aiortc, pyOpenSSL and pylibsrtp: no other file knows them. No socket and no clock here.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from typing import Any

import pylibsrtp
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_PROFILES,
    X509_DIGEST_ALGORITHMS,
    RTCCertificate,
    SRTPProtectionProfile,
    certificate_digest,
)
from OpenSSL import SSL
from pylibsrtp._binding import ffi, lib

DTLS_1_2 = 0xFEFD  # RFC 6347 4.1; pyOpenSSL names no DTLS version
MTU_BYTES = 1200
RECORD_HEADER_BYTES = 13  # RFC 6347 4.1: type, version, epoch, sequence, length
REPLAY_WINDOW = 1024  # packets; browsers repair further back than libsrtp's default of 128
TRAILER_ROOM = 32  # authentication tag (at most 16) and SRTCP index (4)
MAX_FLIGHT_BYTES = 65536

# AES-128-GCM first: the cheapest on processors with AES instructions, and strong enough.
PREFERRED: tuple[SRTPProtectionProfile, ...] = tuple(
    sorted(SRTP_PROFILES, key=lambda profile: profile is not SRTP_AEAD_AES_128_GCM)
)


class DtlsError(ConnectionError):
    """The handshake failed, or the peer's certificate is not the one it announced. The transport is of no more use."""


class PacketBuffer:
    """Memory that Python writes (`data`, `view`) and libsrtp transforms (`base`). Never resized."""

    __slots__ = ("base", "data", "size", "view")

    def __init__(self, size: int) -> None:
        self.size = size
        self.data = bytearray(size)
        self.view = memoryview(self.data)
        self.base: Any = ffi.from_buffer("char[]", self.data)  # holds the bytearray: it cannot move


class SrtpSession:
    """Both directions of one transport's keys. A length of 0 says: not authentic, replayed, or not possible."""

    __slots__ = ("_inbound", "_length", "_outbound", "_receive", "_send")

    def __init__(self, inbound_key: bytes, outbound_key: bytes, profile: SRTPProtectionProfile) -> None:
        self._inbound = _session(inbound_key, profile, pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self._outbound = _session(outbound_key, profile, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._receive: Any = self._inbound._srtp[0]
        self._send: Any = self._outbound._srtp[0]
        self._length: Any = ffi.new("int *")

    def unprotect_in_place(self, buffer: PacketBuffer, length: int) -> int:
        """RTP at the buffer's start."""
        size = self._length
        size[0] = length
        return 0 if lib.srtp_unprotect(self._receive, buffer.base, size) else size[0]

    def unprotect_rtcp_in_place(self, buffer: PacketBuffer, length: int) -> int:
        """RTCP at the buffer's start."""
        size = self._length
        size[0] = length
        return 0 if lib.srtp_unprotect_rtcp(self._receive, buffer.base, size) else size[0]

    def protect_in_place(self, buffer: PacketBuffer, offset: int, length: int) -> int:
        """RTP at `offset`; TRAILER_ROOM bytes must be free behind it."""
        size = self._length
        size[0] = length
        return 0 if lib.srtp_protect(self._send, buffer.base + offset, size) else size[0]

    def protect_rtcp_in_place(self, buffer: PacketBuffer, offset: int, length: int) -> int:
        """RTCP at `offset`; TRAILER_ROOM bytes must be free behind it."""
        size = self._length
        size[0] = length
        return 0 if lib.srtp_protect_rtcp(self._send, buffer.base + offset, size) else size[0]

    def forget_inbound(self, ssrc: int) -> None:
        """Free what libsrtp keeps of a stream that ended."""
        _forget(self._inbound, ssrc)

    def forget_outbound(self, ssrc: int) -> None:
        """Free what libsrtp keeps of a stream that ended."""
        _forget(self._outbound, ssrc)


def _session(key: bytes, profile: SRTPProtectionProfile, ssrc_type: int) -> Any:
    policy = pylibsrtp.Policy(key=key, ssrc_type=ssrc_type, srtp_profile=profile.libsrtp_profile)
    policy.window_size = REPLAY_WINDOW
    # Sound has no RTX stream: it is sent again under its own number, and then bit by bit the same.
    policy.allow_repeat_tx = True
    return pylibsrtp.Session(policy)


def _forget(session: Any, ssrc: int) -> None:
    try:
        session.remove_stream(ssrc)
    except pylibsrtp.Error:
        return  # it never carried a packet


class Certificate:
    """The media process's self-signed certificate, made anew at each start; peers know it by its fingerprint."""

    def __init__(self) -> None:
        self._certificate = RTCCertificate.generateCertificate()
        self.fingerprint = certificate_digest(self._certificate._cert, "sha-256")

    def connection(self) -> SSL.Connection:
        context = self._certificate._create_ssl_context(list(PREFERRED))
        context.set_max_proto_version(DTLS_1_2)
        connection = SSL.Connection(context)
        connection.set_ciphertext_mtu(MTU_BYTES)
        connection.set_accept_state()
        return connection


def known_algorithm(algorithm: str) -> bool:
    """Can a fingerprint of this algorithm be verified?"""
    return algorithm.lower() in X509_DIGEST_ALGORITHMS


class DtlsServer:
    """One handshake. `srtp` is set once keys exist; `closed` once the peer said goodbye."""

    def __init__(self, certificate: Certificate, fingerprints: Sequence[tuple[str, str]]) -> None:
        """fingerprints: (algorithm, value) pairs as the peer announced them; one must match its certificate."""
        self._connection = certificate.connection()
        self._fingerprints = [(name.lower(), value.upper()) for name, value in fingerprints if known_algorithm(name)]
        self.srtp: SrtpSession | None = None
        self.closed = False

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take one datagram, return those to send. Raises DtlsError."""
        try:
            self._connection.bio_write(datagram)
            if self.srtp is None:
                self._connection.do_handshake()
                self._check_fingerprint()
                self.srtp = self._derive_keys()
            else:
                self._read_alerts()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            raise DtlsError("handshake failed") from error
        return self._outgoing()

    def _read_alerts(self) -> None:
        """After the handshake only alerts matter; application data is not ours and is thrown away."""
        try:
            self._connection.recv(MAX_FLIGHT_BYTES)
        except SSL.ZeroReturnError:
            self.closed = True

    def retransmit(self) -> list[bytes]:
        """What is overdue (RFC 6347 4.2.4), [] mostly. OpenSSL keeps the timer; call every 100 ms or so until keyed."""
        if self.srtp is not None:
            return []
        try:
            overdue = self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            raise DtlsError("handshake timed out") from error
        return self._outgoing() if overdue else []

    def close(self) -> list[bytes]:
        """Our goodbye."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._outgoing()

    def _outgoing(self) -> list[bytes]:
        flight = b""
        while True:
            try:
                flight += self._connection.bio_read(MAX_FLIGHT_BYTES)
            except SSL.WantReadError:
                return list(datagrams(flight))

    def _check_fingerprint(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is not None:
            for algorithm, value in self._fingerprints:
                if hmac.compare_digest(certificate_digest(certificate, algorithm).encode(), value.encode()):
                    return
        raise DtlsError("the certificate is not the one that was announced")

    def _derive_keys(self) -> SrtpSession:
        chosen = self._connection.get_selected_srtp_profile()
        for profile in PREFERRED:
            if profile.openssl_profile == chosen:
                size = 2 * (profile.key_length + profile.salt_length)
                material = self._connection.export_keying_material(b"EXTRACTOR-dtls_srtp", size)
                # RFC 5764 4.2: the client's write key comes first, and we are the server.
                return SrtpSession(
                    profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1), profile
                )
        raise DtlsError("no SRTP profile in common")


def datagrams(flight: bytes) -> Iterator[bytes]:
    """Cut a flight at record boundaries: a record must not span datagrams (RFC 6347 4.1.1)."""
    start = position = 0
    while position + RECORD_HEADER_BYTES <= len(flight):
        end = position + RECORD_HEADER_BYTES + int.from_bytes(flight[position + 11 : position + 13], "big")
        if end - start > MTU_BYTES and position > start:
            yield flight[start:position]
            start = position
        position = end
    if start < len(flight):
        yield flight[start:]
