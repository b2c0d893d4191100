"""The router's fixed payload types and extension ids, and ORTC parameters in mediasoup's JSON shape, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["audio", "video"]


class ExtensionId(IntEnum):
    """The ids every receiver gets."""

    MID = 1
    RID = 2
    REPAIRED_RID = 3
    ABS_SEND_TIME = 4
    TRANSPORT_CC = 5
    AUDIO_LEVEL = 10


class NegotiationError(ValueError):
    """`code` is stable: media.parameters_malformed, media.codec_unsupported, media.encodings_invalid, media.cannot_consume."""

    code: str


@dataclass(frozen=True, slots=True)
class RtcpFeedback:
    type: str
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class RtpCodec:
    mime_type: str
    payload_type: int
    clock_rate: int
    channels: int
    parameters: tuple[tuple[str, str | int], ...] = ()
    rtcp_feedback: tuple[RtcpFeedback, ...] = ()


@dataclass(frozen=True, slots=True)
class HeaderExtension:
    uri: str
    id: int


@dataclass(frozen=True, slots=True)
class RtpEncoding:
    ssrc: int | None = None
    rid: str | None = None
    rtx_ssrc: int | None = None
    scalability_mode: str | None = None
    max_bitrate_bps: int | None = None


@dataclass(frozen=True, slots=True)
class RtpParameters:
    mid: str
    codecs: tuple[RtpCodec, ...]
    header_extensions: tuple[HeaderExtension, ...]
    encodings: tuple[RtpEncoding, ...]
    cname: str

    @classmethod
    def from_json(cls, value: object) -> RtpParameters:
        """Raises NegotiationError."""
        ...

    def to_json(self) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True)
class RtpCapabilities:
    codecs: tuple[RtpCodec, ...]
    header_extensions: tuple[HeaderExtension, ...]

    @classmethod
    def from_json(cls, value: object) -> RtpCapabilities: ...


def router_rtp_capabilities() -> dict[str, object]:
    """routerRtpCapabilities for mediasoup-client's Device.load."""
    ...
