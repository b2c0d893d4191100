"""Session descriptions (RFC 8866) between a synthetic participant and Janus, which speaks nothing else: our offer, made
from ORTC parameters; and what its offers and answers say of transports and streams. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.load.announce import Ortc
from tests.load.checks import IceCredentials
from tests.load.transport import (
    DtlsFingerprint,
    DtlsParameters,
    IceCandidate,
    IceParameters,
    ServerTransport,
)

END = "\r\n"
KEPT = ("rtpmap:", "fmtp:", "rtcp-fb:", "extmap:", "mid:")  # what an answer repeats of each offered line


@dataclass
class MediaLine:
    """One m= section: its first line and its attributes (without "a=")."""

    head: str
    attributes: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.head.removeprefix("m=").split()[0]

    def value(self, name: str) -> str | None:
        """Of the first attribute of that name."""
        return next((one[len(name) + 1 :] for one in self.attributes if one.startswith(f"{name}:")), None)

    def values(self, name: str) -> Iterator[str]:
        return (one[len(name) + 1 :] for one in self.attributes if one.startswith(f"{name}:"))


@dataclass
class Description:
    """A parsed session description; `session` are the attributes before the first m= line."""

    session: list[str]
    media: list[MediaLine]

    def value(self, name: str) -> str:
        """From the session, else from the first m= section that has it (they are bundled)."""
        lines = [MediaLine("m=session", self.session), *self.media]
        found = next((value for one in lines if (value := one.value(name)) is not None), None)
        if found is None:
            raise ConnectionError(f"the description has no {name}")
        return found

    def transport(self, own: IceCredentials) -> ServerTransport:
        """The one transport that everything is bundled on."""
        algorithm, fingerprint = self.value("fingerprint").split()
        return ServerTransport(
            id=self.value("ice-ufrag"),
            ice_parameters=IceParameters(self.value("ice-ufrag"), self.value("ice-pwd")),
            ice_candidates=list(_candidates(self.media)),
            dtls_parameters=DtlsParameters([DtlsFingerprint(algorithm, fingerprint)]),
            own_ice_parameters=IceParameters(own.username_fragment, own.password),
        )


def parse(text: str) -> Description:
    session: list[str] = []
    media: list[MediaLine] = []
    for line in text.splitlines():
        if line.startswith("m="):
            media.append(MediaLine(line))
        elif line.startswith("a="):
            (media[-1].attributes if media else session).append(line[2:])
    return Description(session, media)


def offer(parameters: Sequence[tuple[str, Ortc]], fingerprint: str, own: IceCredentials) -> str:
    """Send-only, one m= section per (kind, rtpParameters); we are the DTLS client."""
    mids = [str(one["mid"]) for _kind, one in parameters]
    lines = list(_session_lines(mids))
    for kind, one in parameters:
        types = " ".join(str(codec["payloadType"]) for codec in one["codecs"])
        lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}", *_transport_lines(fingerprint, own), "a=sendonly"]
        lines += [f"a=mid:{one['mid']}", *_stream_lines(one)]
    return END.join(lines) + END


def answer(offered: Description, fingerprint: str, own: IceCredentials) -> str:
    """Everything that was offered is received as it was offered; we are the DTLS client."""
    lines = list(_session_lines([one.value("mid") or "" for one in offered.media]))
    for one in offered.media:
        lines += [one.head, *_transport_lines(fingerprint, own), "a=recvonly"]
        lines += [f"a={each}" for each in one.attributes if each.startswith(KEPT)]
    return END.join(lines) + END


def _session_lines(mids: Sequence[str]) -> Iterator[str]:
    yield from ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0")
    yield f"a=group:BUNDLE {' '.join(mids)}"


def _transport_lines(fingerprint: str, own: IceCredentials) -> Iterator[str]:
    yield from ("c=IN IP4 127.0.0.1", "a=rtcp-mux", "a=rtcp-rsize")
    yield f"a=ice-ufrag:{own.username_fragment}"
    yield f"a=ice-pwd:{own.password}"
    yield f"a=fingerprint:sha-256 {fingerprint}"
    yield from ("a=setup:active", "a=end-of-candidates")  # our checks tell where we are


def _stream_lines(parameters: Ortc) -> Iterator[str]:
    for extension in parameters["headerExtensions"]:
        yield f"a=extmap:{extension['id']} {extension['uri']}"
    for codec in parameters["codecs"]:
        number, name = codec["payloadType"], codec["mimeType"].split("/")[1]
        channels = f"/{codec['channels']}" if "channels" in codec else ""
        yield f"a=rtpmap:{number} {name}/{codec['clockRate']}{channels}"
        if codec["parameters"]:
            yield f"a=fmtp:{number} " + ";".join(f"{key}={value}" for key, value in codec["parameters"].items())
        for one in codec["rtcpFeedback"]:
            yield f"a=rtcp-fb:{number} {one['type']} {one['parameter']}".rstrip()
    encoding, name = parameters["encodings"][0], parameters["rtcp"]["cname"]
    ssrcs = [encoding["ssrc"]]
    if "rtx" in encoding:
        ssrcs.append(encoding["rtx"]["ssrc"])
        yield "a=ssrc-group:FID " + " ".join(str(one) for one in ssrcs)
    for ssrc in ssrcs:
        yield f"a=ssrc:{ssrc} cname:{name}"


def _candidates(media: Sequence[MediaLine]) -> Iterator[IceCandidate]:
    for one in media:
        for line in one.values("candidate"):
            _foundation, _component, protocol, _priority, ip, port, *_ = line.split()
            if protocol.lower() == "udp":
                yield IceCandidate(ip, int(port), "udp")
