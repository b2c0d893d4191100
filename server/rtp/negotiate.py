"""ORTC matching: what a producer sends, in our numbers; what a consumer is told. Never trusts a browser's numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from server.rtp.parameters import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    DEPENDENCY_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    HeaderExtension,
    Kind,
    NegotiationError,
    RtpCapabilities,
    RtpCodec,
    RtpEncoding,
    RtpParameters,
)
from server.rtp.router import EXTENSIONS, router_codec, rtx_of, same_codec, without_feedback

MAX_LAYERS = 3


@dataclass(frozen=True, slots=True)
class ExtensionIds:
    """The ids one producer uses, 0 when absent."""

    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    abs_send_time: int = 0
    transport_cc: int = 0
    audio_level: int = 0
    dependency: int = 0


_FIELDS = {
    MID_URI: "mid",
    RID_URI: "rid",
    REPAIRED_RID_URI: "repaired_rid",
    ABS_SEND_TIME_URI: "abs_send_time",
    TRANSPORT_CC_URI: "transport_cc",
    AUDIO_LEVEL_URI: "audio_level",
    DEPENDENCY_URI: "dependency",
}


@dataclass(frozen=True, slots=True)
class ProducerEncoding:
    """One simulcast layer, ascending. rid "", ssrc 0 and rtx_ssrc 0 when not told: then they come with the packets.

    scalability_mode: of its own layers ("L3T3_KEY"), "" when not told.
    """

    rid: str
    ssrc: int
    rtx_ssrc: int
    scalability_mode: str = ""


@dataclass(frozen=True, slots=True)
class Produced:
    """A validated producer. payload_type, rtx_payload_type are the sender's (-1: no RTX); codec is the router's."""

    kind: Kind
    mid: str
    codec: RtpCodec
    payload_type: int
    rtx_payload_type: int
    clock_rate: int
    extension_ids: ExtensionIds
    encodings: tuple[ProducerEncoding, ...]
    cname: str

    @property
    def layered(self) -> bool:
        """Do several spatial layers come in one stream, in packets that tell which one they are of?"""
        mode = re.fullmatch(r"L[23]T[1-3](_KEY)?", self.encodings[0].scalability_mode)
        return mode is not None and len(self.encodings) == 1 and self.codec.name == "video/vp9"


def produce(kind: Kind, parameters: RtpParameters) -> Produced:
    """Raises NegotiationError: media.codec_unsupported, media.encodings_invalid, media.parameters_malformed."""
    media = [codec for codec in parameters.codecs if not codec.is_rtx]
    if not media:
        raise NegotiationError("media.codec_unsupported", "no media codec")
    codec = media[0]  # mediasoup-client sends with the first one
    ours = router_codec(codec)
    if ours is None or codec.kind != kind or ours.kind != kind:
        raise NegotiationError("media.codec_unsupported", f"{codec.mime_type} is not spoken here")
    rtx = next((other for other in parameters.codecs if other.is_rtx and other.apt == codec.payload_type), None)
    if rtx is not None and rtx.payload_type == codec.payload_type:
        raise NegotiationError("media.parameters_malformed", "RTX under the payload type of its media")
    return Produced(
        kind,
        parameters.mid,
        ours,
        codec.payload_type,
        -1 if rtx is None else rtx.payload_type,
        ours.clock_rate,
        _extension_ids(parameters.header_extensions),
        _encodings(kind, parameters),
        parameters.cname,
    )


def _extension_ids(extensions: tuple[HeaderExtension, ...]) -> ExtensionIds:
    found: dict[str, int] = {}
    taken: set[int] = set()
    for extension in extensions:
        field = _FIELDS.get(extension.uri)
        if field is None:
            continue
        if field in found or extension.id in taken:
            raise NegotiationError("media.parameters_malformed", "a header extension twice")
        found[field] = extension.id
        taken.add(extension.id)
    return ExtensionIds(**found)


def _encodings(kind: Kind, parameters: RtpParameters) -> tuple[ProducerEncoding, ...]:
    given = parameters.encodings
    if not 1 <= len(given) <= (MAX_LAYERS if kind == "video" else 1):
        raise NegotiationError("media.encodings_invalid", f"{len(given)} encodings")
    ssrcs: set[int] = set()
    rids: set[str] = set()
    layers: list[ProducerEncoding] = []
    for encoding in given:
        if encoding.ssrc is None and encoding.rid is None and (len(given) > 1 or not parameters.mid):
            raise NegotiationError("media.encodings_invalid", "an encoding that no packet can be matched to")
        for ssrc in (encoding.ssrc, encoding.rtx_ssrc):
            if ssrc is not None and ssrc in ssrcs:
                raise NegotiationError("media.encodings_invalid", "an SSRC twice")
            if ssrc is not None:
                ssrcs.add(ssrc)
        if encoding.rid is not None and encoding.rid in rids:
            raise NegotiationError("media.encodings_invalid", "a rid twice")
        rids.add(encoding.rid or "")
        mode = encoding.scalability_mode or ""
        layers.append(ProducerEncoding(encoding.rid or "", encoding.ssrc or 0, encoding.rtx_ssrc or 0, mode))
    return tuple(layers)


def _understands(producer: Produced, capabilities: RtpCapabilities) -> bool:
    return any(same_codec(producer.codec, codec) for codec in capabilities.codecs if not codec.is_rtx)


def can_consume(producer: Produced, capabilities: RtpCapabilities) -> bool:
    """Can a browser with these capabilities decode this producer?"""
    return _understands(producer, capabilities)


def numbers_packets(kind: Kind, capabilities: RtpCapabilities) -> bool:
    """Does such a receiver tell when each numbered packet came (transport-wide feedback)? Pictures with RTX only."""
    return (
        kind == "video"
        and any(one.uri == TRANSPORT_CC_URI and one.kind in {"", kind} for one in capabilities.header_extensions)
        and any(codec.is_rtx for codec in capabilities.codecs)
        and any(
            feedback.type == "transport-cc"
            for codec in capabilities.codecs
            if codec.kind == kind
            for feedback in codec.rtcp_feedback
        )
    )


def consumer_parameters(
    producer: Produced, capabilities: RtpCapabilities, *, mid: str, ssrc: int, rtx_ssrc: int, cname: str
) -> RtpParameters:
    """What mediasoup-client's `consume` wants: one encoding, our fixed numbers.

    RTX only when the receiver knows it; transport-cc where `numbers_packets`, else REMB. Give the same cname for sound
    and picture of one sender, or they are not played in step. Raises NegotiationError media.cannot_consume.
    """
    if not _understands(producer, capabilities):
        raise NegotiationError("media.cannot_consume", f"the receiver does not know {producer.codec.mime_type}")
    numbered = numbers_packets(producer.kind, capabilities)
    codec = without_feedback(producer.codec, "goog-remb" if numbered else "transport-cc")
    codecs: tuple[RtpCodec, ...] = (codec,)
    repaired = codec.kind == "video" and any(other.is_rtx for other in capabilities.codecs)
    if repaired:
        codecs = (codec, rtx_of(codec))
    known = {extension.uri for extension in capabilities.header_extensions if extension.kind in {"", producer.kind}}
    extensions = tuple(
        HeaderExtension(uri, int(number))
        for kind, uri, number, direction in EXTENSIONS
        if kind == producer.kind and direction == "sendrecv" and uri in known and (numbered or uri != TRANSPORT_CC_URI)
    )
    encoding = RtpEncoding(ssrc=ssrc)
    if repaired:
        encoding = replace(encoding, rtx_ssrc=rtx_ssrc)
    return RtpParameters(mid, codecs, extensions, (encoding,), cname)
