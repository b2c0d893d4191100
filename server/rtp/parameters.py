"""ORTC parameters in mediasoup's JSON shape, read strictly, and the fixed extension ids. Nothing is matched here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, TypeAlias, TypeVar, cast

Kind: TypeAlias = Literal["audio", "video"]
_T = TypeVar("_T")

# What a browser may say at most. Chromium's whole answer has some 40 codecs and 20 extensions.
MAX_CODECS = 80
MAX_EXTENSIONS = 60
MAX_ENCODINGS = 6
MAX_FEEDBACK = 16
MAX_PARAMETERS = 24
MAX_TEXT = 255


class ExtensionId(IntEnum):
    """The ids every receiver gets."""

    MID = 1
    RID = 2
    REPAIRED_RID = 3
    ABS_SEND_TIME = 4
    TRANSPORT_CC = 5
    DEPENDENCY = 8
    AUDIO_LEVEL = 10


MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
DEPENDENCY_URI = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


class NegotiationError(ValueError):
    """What a browser offered cannot be used.

    `code` is stable: media.parameters_malformed, media.codec_unsupported, media.encodings_invalid,
    media.cannot_consume.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def _malformed(what: str) -> NegotiationError:
    return NegotiationError("media.parameters_malformed", what)


# -- reading hostile JSON ---------------------------------------------------------------------------------------------


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _malformed(f"{what} is not an object")
    return cast("dict[str, object]", value)


def _items(value: object, what: str, limit: int, read: Callable[[object], _T]) -> tuple[_T, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > limit:
        raise _malformed(f"{what} is not a list of at most {limit}")
    return tuple(read(item) for item in value)


def _text(value: object, what: str, *, empty: bool = False, limit: int = MAX_TEXT) -> str:
    if not isinstance(value, str) or len(value) > limit or not value.isascii() or not value.isprintable():
        raise _malformed(f"{what} is not short printable text")
    if not value and not empty:
        raise _malformed(f"{what} is empty")
    return value


def _number(value: object, what: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _malformed(f"{what} is not a whole number between {low} and {high}")
    return value


def _read_ssrc(value: object, what: str) -> int | None:
    return None if value is None else _number(value, what, 1, 0xFFFFFFFF)


def _read_parameters(value: object) -> tuple[tuple[str, str | int], ...]:
    if value is None:
        return ()
    pairs = _object(value, "codec.parameters")
    if len(pairs) > MAX_PARAMETERS:
        raise _malformed("codec.parameters has too many entries")
    read: list[tuple[str, str | int]] = []
    for key, item in pairs.items():
        name = _text(key, "codec.parameters key", limit=64)
        if isinstance(item, str):
            read.append((name, _text(item, name, empty=True)))
        else:
            read.append((name, _number(item, name, -(2**31), 2**32)))
    return tuple(read)


# -- the shapes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RtcpFeedback:
    """One a=rtcp-fb: type "nack", parameter "pli", for instance."""

    type: str
    parameter: str = ""

    @classmethod
    def from_json(cls, value: object) -> RtcpFeedback:
        """Raises NegotiationError."""
        fields = _object(value, "rtcpFeedback")
        parameter = fields.get("parameter")
        return cls(
            _text(fields.get("type"), "rtcpFeedback.type", limit=32),
            "" if parameter is None else _text(parameter, "rtcpFeedback.parameter", empty=True, limit=32),
        )

    def to_json(self) -> dict[str, object]:
        return {"type": self.type, "parameter": self.parameter}


@dataclass(frozen=True, slots=True)
class RtpCodec:
    """mime_type in the case of the sender; compare with `name`. channels: 1 unless told. parameters: the fmtp line."""

    mime_type: str
    payload_type: int
    clock_rate: int
    channels: int = 1
    parameters: tuple[tuple[str, str | int], ...] = ()
    rtcp_feedback: tuple[RtcpFeedback, ...] = ()

    @property
    def name(self) -> str:
        """Lower-case mime type."""
        return self.mime_type.lower()

    @property
    def kind(self) -> Kind:
        return "audio" if self.name.startswith("audio/") else "video"

    @property
    def is_rtx(self) -> bool:
        return self.name.endswith("/rtx")

    def parameter(self, name: str) -> str | int | None:
        """The value of one fmtp parameter, None when absent."""
        for key, value in self.parameters:
            if key == name:
                return value
        return None

    @property
    def apt(self) -> int:
        """RTX: the payload type that is sent again (RFC 4588 8.1), -1 when absent."""
        value = self.parameter("apt")
        return value if isinstance(value, int) else -1

    @classmethod
    def from_json(cls, value: object, payload_type_key: str = "payloadType") -> RtpCodec:
        """Capabilities say preferredPayloadType (and may leave it out: -1). Raises NegotiationError."""
        fields = _object(value, "codec")
        mime_type = _text(fields.get("mimeType"), "codec.mimeType", limit=64)
        if not mime_type.lower().startswith(("audio/", "video/")):
            raise _malformed("codec.mimeType is neither audio nor video")
        payload_type = fields.get(payload_type_key)
        optional = payload_type is None and payload_type_key != "payloadType"
        channels = fields.get("channels")
        return cls(
            mime_type,
            -1 if optional else _number(payload_type, f"codec.{payload_type_key}", 0, 127),
            _number(fields.get("clockRate"), "codec.clockRate", 1, 1_000_000),
            1 if channels is None else _number(channels, "codec.channels", 1, 255),
            _read_parameters(fields.get("parameters")),
            _items(fields.get("rtcpFeedback"), "codec.rtcpFeedback", MAX_FEEDBACK, RtcpFeedback.from_json),
        )

    def to_json(self, payload_type_key: str = "payloadType") -> dict[str, object]:
        out: dict[str, object] = {
            "mimeType": self.mime_type,
            payload_type_key: self.payload_type,
            "clockRate": self.clock_rate,
            "parameters": dict(self.parameters),
            "rtcpFeedback": [feedback.to_json() for feedback in self.rtcp_feedback],
        }
        if self.kind == "audio":
            out["channels"] = self.channels
        return out


@dataclass(frozen=True, slots=True)
class HeaderExtension:
    """id: 1..255 (two-byte form; receivers get 1..14). kind: only in capabilities, where an extension is per kind."""

    uri: str
    id: int
    kind: str = ""

    @classmethod
    def from_json(cls, value: object, id_key: str = "id") -> HeaderExtension:
        """Raises NegotiationError."""
        fields = _object(value, "headerExtension")
        kind = fields.get("kind")
        return cls(
            _text(fields.get("uri"), "headerExtension.uri"),
            _number(fields.get(id_key), f"headerExtension.{id_key}", 1, 255),
            "" if kind is None else _text(kind, "headerExtension.kind", limit=5, empty=True),
        )

    def to_json(self) -> dict[str, object]:
        return {"uri": self.uri, "id": self.id, "encrypt": False, "parameters": {}}


@dataclass(frozen=True, slots=True)
class RtpEncoding:
    """One stream of a producer: known by its ssrc, or by its rid until the first packet comes."""

    ssrc: int | None = None
    rid: str | None = None
    rtx_ssrc: int | None = None
    scalability_mode: str | None = None
    max_bitrate_bps: int | None = None

    @classmethod
    def from_json(cls, value: object) -> RtpEncoding:
        """Raises NegotiationError."""
        fields = _object(value, "encoding")
        rid, rtx, mode, bitrate = (fields.get(key) for key in ("rid", "rtx", "scalabilityMode", "maxBitrate"))
        if isinstance(bitrate, float) and bitrate.is_integer():
            bitrate = int(bitrate)
        return cls(
            _read_ssrc(fields.get("ssrc"), "encoding.ssrc"),
            None if rid is None else _text(rid, "encoding.rid", limit=16),
            None if rtx is None else _read_ssrc(_object(rtx, "encoding.rtx").get("ssrc"), "encoding.rtx.ssrc"),
            None if mode is None else _text(mode, "encoding.scalabilityMode", limit=16),
            None if bitrate is None else _number(bitrate, "encoding.maxBitrate", 0, 10**10),
        )

    def to_json(self) -> dict[str, object]:
        out: dict[str, object] = {}
        if self.ssrc is not None:
            out["ssrc"] = self.ssrc
        if self.rid is not None:
            out["rid"] = self.rid
        if self.rtx_ssrc is not None:
            out["rtx"] = {"ssrc": self.rtx_ssrc}
        if self.scalability_mode is not None:
            out["scalabilityMode"] = self.scalability_mode
        if self.max_bitrate_bps is not None:
            out["maxBitrate"] = self.max_bitrate_bps
        return out


@dataclass(frozen=True, slots=True)
class RtpParameters:
    """What one producer sends, or one consumer will get."""

    mid: str
    codecs: tuple[RtpCodec, ...]
    header_extensions: tuple[HeaderExtension, ...]
    encodings: tuple[RtpEncoding, ...]
    cname: str = ""

    @classmethod
    def from_json(cls, value: object) -> RtpParameters:
        """From untrusted JSON. Raises NegotiationError media.parameters_malformed."""
        fields = _object(value, "rtpParameters")
        mid = fields.get("mid")
        rtcp = fields.get("rtcp")
        cname = None if rtcp is None else _object(rtcp, "rtcp").get("cname")
        return cls(
            "" if mid is None else _text(mid, "mid", empty=True, limit=16),
            _items(fields.get("codecs"), "codecs", MAX_CODECS, RtpCodec.from_json),
            _items(fields.get("headerExtensions"), "headerExtensions", MAX_EXTENSIONS, HeaderExtension.from_json),
            _items(fields.get("encodings"), "encodings", MAX_ENCODINGS, RtpEncoding.from_json),
            "" if cname is None else _text(cname, "rtcp.cname", empty=True),
        )

    def to_json(self) -> dict[str, object]:
        return {
            "mid": self.mid,
            "codecs": [codec.to_json() for codec in self.codecs],
            "headerExtensions": [extension.to_json() for extension in self.header_extensions],
            "encodings": [encoding.to_json() for encoding in self.encodings],
            "rtcp": {"cname": self.cname, "reducedSize": True, "mux": True},
        }


def _capability_codec(value: object) -> RtpCodec:
    return RtpCodec.from_json(value, "preferredPayloadType")


def _capability_extension(value: object) -> HeaderExtension:
    return HeaderExtension.from_json(value, "preferredId")


@dataclass(frozen=True, slots=True)
class RtpCapabilities:
    """What one browser can receive (mediasoup-client's device.rtpCapabilities)."""

    codecs: tuple[RtpCodec, ...]
    header_extensions: tuple[HeaderExtension, ...]

    @classmethod
    def from_json(cls, value: object) -> RtpCapabilities:
        """From untrusted JSON. Raises NegotiationError media.parameters_malformed."""
        fields = _object(value, "rtpCapabilities")
        return cls(
            _items(fields.get("codecs"), "codecs", MAX_CODECS, _capability_codec),
            _items(fields.get("headerExtensions"), "headerExtensions", MAX_EXTENSIONS, _capability_extension),
        )
