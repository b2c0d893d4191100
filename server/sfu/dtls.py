"""DTLS-SRTP: the server's handshake (RFC 5764), synchronous, and SRTP in place on libsrtp. No socket, no clock.

The only seam to aiortc, pyOpenSSL and pylibsrtp: nothing private of theirs may be touched anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

import pylibsrtp
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_PROFILES,
    RTCCertificate,
    SRTPProtectionProfile,
    certificate_digest,
)
from OpenSSL import SSL
from pylibsrtp._binding import ffi, lib

from server.rtp.parameters import NegotiationError

MTU_BYTES = 1200
RECORD_HEADER_BYTES = 13  # RFC 6347 4.1: type 1, version 2, epoch 2, sequence 6, length 2
REPLAY_WINDOW = 1024  # packets; as far as rtp.rewrite lets late ones through
MOST_FINGERPRINTS = 8
DTLS_1_2 = 0xFEFD

# 128 bits are enough and cheapest; what this libsrtp does not offer is not offered to browsers either.
_PREFERENCE = (SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM)
PROFILES: tuple[SRTPProtectionProfile, ...] = tuple(one for one in _PREFERENCE if one in SRTP_PROFILES) + tuple(
    one for one in SRTP_PROFILES if one not in _PREFERENCE
)
_TAG_BYTES = {SRTP_AEAD_AES_128_GCM.libsrtp_profile: 16, SRTP_AEAD_AES_256_GCM.libsrtp_profile: 16}  # RFC 7714 14.1
_SHA1_80_TAG_BYTES = 10

#: libsrtp's own call and the int it reads and writes the length through, for the one loop that cannot afford a method:
#: PROTECT(session.handle, buffer.base + offset, LENGTH) returns 0 when it went well
PROTECT: Any = lib.srtp_protect
LENGTH: Any = ffi.new("int *")


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))


#: libsrtp's calls, for the compiled path: int (void *session, void *packet, int *length)
PROTECT_ADDRESS = _address(ffi.addressof(lib, "srtp_protect"))
UNPROTECT_ADDRESS = _address(ffi.addressof(lib, "srtp_unprotect"))
PROTECT_RTCP_ADDRESS = _address(ffi.addressof(lib, "srtp_protect_rtcp"))


class CipherBuffer:
    """Memory that libsrtp may write into; `view` is the same bytes for Python."""

    __slots__ = ("address", "base", "view")

    def __init__(self, size: int) -> None:
        self.base: Any = ffi.new("unsigned char[]", size)
        #: for the compiled path
        self.address = _address(self.base)
        self.view = memoryview(ffi.buffer(self.base)).cast("B")


class SrtpSession:
    """One direction of SRTP and SRTCP. Lengths are bytes; 0 means: not authentic, replayed, or not to be protected."""

    __slots__ = ("_session", "address", "handle", "tag_bytes")

    def __init__(self, key: bytes, profile: SRTPProtectionProfile, *, inbound: bool) -> None:
        policy = pylibsrtp.Policy(
            key=key,
            ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND if inbound else pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=profile.libsrtp_profile,
        )
        policy.window_size = REPLAY_WINDOW
        # A repeated packet is byte for byte the one sent before, so the same key stream gives the same ciphertext.
        policy.allow_repeat_tx = True
        self._session = pylibsrtp.Session(policy)
        self.handle: Any = self._session._srtp[0]
        #: the same, for the compiled path
        self.address = _address(self.handle)
        self.tag_bytes = _TAG_BYTES.get(profile.libsrtp_profile, _SHA1_80_TAG_BYTES)

    def protect_in_place(self, buffer: CipherBuffer, offset: int, length: int) -> int:
        """Encrypt the RTP packet at `offset`; its new length."""
        return self._run(PROTECT, buffer, offset, length)

    def protect_rtcp_in_place(self, buffer: CipherBuffer, offset: int, length: int) -> int:
        return self._run(lib.srtp_protect_rtcp, buffer, offset, length)

    def unprotect_in_place(self, buffer: CipherBuffer, length: int) -> int:
        """Decrypt the RTP packet at the buffer's start; its new length."""
        LENGTH[0] = length
        if lib.srtp_unprotect(self.handle, buffer.base, LENGTH):
            return 0
        return int(LENGTH[0])

    def unprotect_rtcp_in_place(self, buffer: CipherBuffer, length: int) -> int:
        return self._run(lib.srtp_unprotect_rtcp, buffer, 0, length)

    def _run(self, function: Any, buffer: CipherBuffer, offset: int, length: int) -> int:
        LENGTH[0] = length
        if function(self.handle, buffer.base + offset, LENGTH):
            return 0
        return int(LENGTH[0])

    def forget(self, ssrc: int) -> None:
        """Free what is kept for a stream that ended. Its SSRC must never be used again with these keys."""
        lib.srtp_remove_stream(self.handle, int.from_bytes(ssrc.to_bytes(4, "big"), "little"))


class ServerCertificate:
    """The certificate of this media process, and the one OpenSSL context for all its handshakes."""

    def __init__(self) -> None:
        certificate = RTCCertificate.generateCertificate()
        self.context: SSL.Context = certificate._create_ssl_context(list(PROFILES))
        self.context.set_max_proto_version(DTLS_1_2)
        #: in mediasoup-client's form
        self.fingerprints: tuple[dict[str, str], ...] = tuple(
            {"algorithm": one.algorithm, "value": one.value} for one in certificate.getFingerprints()
        )

    def dtls_parameters(self) -> dict[str, object]:
        """mediasoup-client takes the client's part when told "auto"."""
        return {"role": "auto", "fingerprints": list(self.fingerprints)}


def read_fingerprints(parameters: object) -> dict[str, str]:
    """The usable fingerprints (algorithm, lower case -> value) of untrusted dtlsParameters. Raises NegotiationError."""
    if not isinstance(parameters, dict) or not isinstance(parameters.get("fingerprints"), list):
        raise NegotiationError("media.parameters_malformed", "dtlsParameters without fingerprints")
    if parameters.get("role") == "server":
        raise NegotiationError("media.parameters_malformed", "the server is always the DTLS server")
    found: dict[str, str] = {}
    for one in parameters["fingerprints"][:MOST_FINGERPRINTS]:
        if isinstance(one, dict) and isinstance(one.get("algorithm"), str) and isinstance(one.get("value"), str):
            found[one["algorithm"].lower()] = one["value"].upper()
    known = {name: value for name, value in found.items() if name in {"sha-256", "sha-384", "sha-512"}}
    if not known:
        raise NegotiationError("media.parameters_malformed", "no fingerprint of SHA-256 or better")
    return known


def datagrams(flight: bytes) -> Iterator[bytes]:
    """Cut a flight at record boundaries (RFC 6347 4.1.1: a record must not span datagrams)."""
    start = at = 0
    while at + RECORD_HEADER_BYTES <= len(flight):
        end = at + RECORD_HEADER_BYTES + int.from_bytes(flight[at + 11 : at + 13], "big")
        if end - start > MTU_BYTES and at > start:
            yield flight[start:at]
            start = at
        at = end
    if start < len(flight):
        yield flight[start:]


class DtlsState(Enum):
    HANDSHAKING = "handshaking"
    UNVERIFIED = "unverified"  # the handshake is done, but nobody has said yet whose certificate it must be
    CONNECTED = "connected"
    CLOSED = "closed"
    FAILED = "failed"


class DtlsServer:
    """One handshake. `inbound` and `outbound` exist once it is CONNECTED: the client's certificate was verified."""

    def __init__(self, certificate: ServerCertificate) -> None:
        self._connection = SSL.Connection(certificate.context)
        self._connection.set_ciphertext_mtu(MTU_BYTES)
        self._connection.set_accept_state()
        self._fingerprints: dict[str, str] | None = None
        self.state = DtlsState.HANDSHAKING
        self.inbound: SrtpSession | None = None
        self.outbound: SrtpSession | None = None

    def expect(self, fingerprints: dict[str, str]) -> None:
        """Whose certificate it must be; may come before or after the handshake."""
        self._fingerprints = fingerprints
        if self.state is DtlsState.UNVERIFIED:
            self._verify()

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take one datagram; returns those to send."""
        if self.state in {DtlsState.CLOSED, DtlsState.FAILED}:
            return []
        self._connection.bio_write(datagram)
        if self.state is DtlsState.HANDSHAKING:
            return self._advance()
        return self._listen()

    def timeout(self) -> list[bytes]:
        """Now and then while handshaking (RFC 6347 4.2.4): what is overdue; OpenSSL keeps the time."""
        if self.state is not DtlsState.HANDSHAKING:
            return []
        try:
            repeated = self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            self.state = DtlsState.FAILED
            return []
        return self._outgoing() if repeated else []

    def close(self) -> list[bytes]:
        """The closing alert, if there is somebody to tell."""
        if self.state is not DtlsState.CONNECTED:
            self.state = DtlsState.CLOSED
            return []
        self.state = DtlsState.CLOSED
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._outgoing()

    def _advance(self) -> list[bytes]:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return self._outgoing()
        except SSL.Error:
            self.state = DtlsState.FAILED
            return self._outgoing()
        self.state = DtlsState.UNVERIFIED
        if self._fingerprints is not None:
            self._verify()
        return self._outgoing()

    def _listen(self) -> list[bytes]:
        """After the handshake: a repeated last flight, or the closing alert. There is no application data."""
        try:
            while True:
                self._connection.recv(MTU_BYTES)
        except SSL.WantReadError:
            pass
        except (SSL.ZeroReturnError, SSL.Error):
            self.state = DtlsState.CLOSED
        return self._outgoing()

    def _outgoing(self) -> list[bytes]:
        flight = b""
        while True:
            try:
                flight += self._connection.bio_read(65536)
            except SSL.WantReadError:
                return list(datagrams(flight))

    def _verify(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        expected = self._fingerprints or {}
        algorithm = next(iter(expected), "")
        if certificate is None or certificate_digest(certificate, algorithm) != expected[algorithm]:
            self.state = DtlsState.FAILED
            return
        self._derive_keys()

    def _derive_keys(self) -> None:
        chosen = self._connection.get_selected_srtp_profile()
        profile = next((one for one in PROFILES if one.openssl_profile == chosen), None)
        if profile is None:
            self.state = DtlsState.FAILED
            return
        material = self._connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        # RFC 5764 4.2: the client's write key comes first.
        self.inbound = SrtpSession(profile.get_key_and_salt(material, 0), profile, inbound=True)
        self.outbound = SrtpSession(profile.get_key_and_salt(material, 1), profile, inbound=False)
        self.state = DtlsState.CONNECTED
