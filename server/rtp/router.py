"""What this router speaks: its codecs with fixed payload types, and its header extensions. The one table of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.rtp.parameters import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    DEPENDENCY_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    ExtensionId,
    Kind,
    RtcpFeedback,
    RtpCodec,
)

# A receiver gets one of the two estimates, never both: negotiate.consumer_parameters takes the other away.
_AUDIO_FEEDBACK = (RtcpFeedback("nack"), RtcpFeedback("transport-cc"))
_VIDEO_FEEDBACK = (
    RtcpFeedback("nack"),
    RtcpFeedback("nack", "pli"),
    RtcpFeedback("ccm", "fir"),
    RtcpFeedback("goog-remb"),
    RtcpFeedback("transport-cc"),
)

OPUS = RtpCodec("audio/opus", 111, 48000, 2, (("minptime", 10), ("useinbandfec", 1)), _AUDIO_FEEDBACK)
VP8 = RtpCodec("video/VP8", 96, 90000, 1, (), _VIDEO_FEEDBACK)
VP9 = RtpCodec("video/VP9", 98, 90000, 1, (("profile-id", 0),), _VIDEO_FEEDBACK)
H264 = RtpCodec(
    "video/H264",
    102,
    90000,
    1,
    (("level-asymmetry-allowed", 1), ("packetization-mode", 1), ("profile-level-id", "42e01f")),
    _VIDEO_FEEDBACK,
)
AV1 = RtpCodec("video/AV1", 104, 90000, 1, (), _VIDEO_FEEDBACK)

#: VP8 and Opus are the base every room needs
CODECS = (OPUS, VP8, VP9, H264, AV1)


def rtx_of(codec: RtpCodec) -> RtpCodec:
    """The RTX codec of a video codec: the next payload type (RFC 4588 8.6)."""
    return RtpCodec("video/rtx", codec.payload_type + 1, codec.clock_rate, 1, (("apt", codec.payload_type),))


#: (kind, uri, id, direction as the router sees it)
EXTENSIONS: tuple[tuple[Kind, str, ExtensionId, str], ...] = (
    ("audio", MID_URI, ExtensionId.MID, "sendrecv"),
    ("video", MID_URI, ExtensionId.MID, "sendrecv"),
    ("video", RID_URI, ExtensionId.RID, "recvonly"),
    ("video", REPAIRED_RID_URI, ExtensionId.REPAIRED_RID, "recvonly"),
    ("audio", ABS_SEND_TIME_URI, ExtensionId.ABS_SEND_TIME, "sendrecv"),
    ("video", ABS_SEND_TIME_URI, ExtensionId.ABS_SEND_TIME, "sendrecv"),
    ("audio", TRANSPORT_CC_URI, ExtensionId.TRANSPORT_CC, "recvonly"),
    # Towards viewers only pictures are numbered: sound is always sent, and a sound packet sent again without RTX must
    # be the same to the bit (another number under the same SRTP index would give the key away, RFC 7714 8.4).
    ("video", TRANSPORT_CC_URI, ExtensionId.TRANSPORT_CC, "sendrecv"),
    ("audio", AUDIO_LEVEL_URI, ExtensionId.AUDIO_LEVEL, "sendrecv"),
)
#: asked of senders only where there is AV1 to be sent: what a packet of several layers belongs to; never forwarded
_DEPENDENCY: tuple[Kind, str, ExtensionId, str] = ("video", DEPENDENCY_URI, ExtensionId.DEPENDENCY, "recvonly")


def _capability(codec: RtpCodec) -> dict[str, object]:
    return {"kind": codec.kind, **codec.to_json("preferredPayloadType")}


def _in_order(preferred: Sequence[str]) -> list[RtpCodec]:
    """Sound, then the preferred codecs for pictures, then the others."""
    names = [f"video/{name}".lower() for name in preferred]
    return sorted(
        CODECS,
        key=lambda one: -1 if one.kind == "audio" else names.index(one.name) if one.name in names else len(names),
    )


def router_rtp_capabilities(preferred: Sequence[str] = ()) -> dict[str, object]:
    """routerRtpCapabilities for mediasoup-client's Device.load.

    A browser sends its pictures with the first codec that it can encode; `preferred` ("VP9", ...) stand in front.
    """
    codecs: list[dict[str, object]] = []
    for codec in _in_order(preferred):
        codecs.append(_capability(codec))
        if codec.kind == "video":
            codecs.append(_capability(rtx_of(codec)))
    return {
        "codecs": codecs,
        "headerExtensions": [
            {"kind": kind, "uri": uri, "preferredId": int(number), "preferredEncrypt": False, "direction": direction}
            for kind, uri, number, direction in (*EXTENSIONS, *((_DEPENDENCY,) if "AV1" in preferred else ()))
        ],
    }


def _h264_profile(codec: RtpCodec) -> str:
    """The profile of profile-level-id; RFC 6184 8.1: baseline when absent, constrained by a flag."""
    value = codec.parameter("profile-level-id")
    text = str(value).lower() if value is not None else "42000a"
    if text[:2] == "42" and len(text) == 6 and text[2:4].isalnum():
        try:
            constraint = int(text[2:4], 16)
        except ValueError:
            return text[:4]
        return "constrained-baseline" if constraint & 0x40 else "baseline"
    return text[:4]


def same_codec(a: RtpCodec, b: RtpCodec) -> bool:
    """Would packets of one be understood by a decoder of the other?"""
    if a.name != b.name or a.clock_rate != b.clock_rate or (a.kind == "audio" and a.channels != b.channels):
        return False
    if a.name == "video/h264":
        modes = [int(str(codec.parameter("packetization-mode") or 0) == "1") for codec in (a, b)]
        return modes[0] == modes[1] and _h264_profile(a) == _h264_profile(b)
    if a.name == "video/vp9":
        return str(a.parameter("profile-id") or 0) == str(b.parameter("profile-id") or 0)
    if a.name == "video/av1":
        return str(a.parameter("profile") or 0) == str(b.parameter("profile") or 0)
    return True


def router_codec(codec: RtpCodec) -> RtpCodec | None:
    """Our own entry for what a browser calls `codec`, None when we do not speak it."""
    for ours in CODECS:
        if same_codec(ours, codec):
            return ours
    return None


def without_feedback(codec: RtpCodec, unwanted: str) -> RtpCodec:
    """The codec without one type of RTCP feedback."""
    kept = tuple(feedback for feedback in codec.rtcp_feedback if feedback.type != unwanted)
    return replace(codec, rtcp_feedback=kept)
