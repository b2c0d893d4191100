"""What a synthetic participant announces in ORTC terms: the rtpParameters a browser's mediasoup-client would send for
one VP8 camera without simulcast and one Opus microphone, its DTLS parameters, and what it can receive. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from tests.load.participant import OutgoingStream
from tests.load.sources import AUDIO_CLOCK_HZ, VIDEO_CLOCK_HZ, ExtensionIds

Ortc: TypeAlias = Mapping[str, Any]

VP8_PAYLOAD_TYPE, RTX_PAYLOAD_TYPE, OPUS_PAYLOAD_TYPE = 96, 97, 111
FIRST_SSRC = 0x1000_0000

_IDS = ExtensionIds()
_SHARED_EXTENSIONS = (
    ("urn:ietf:params:rtp-hdrext:sdes:mid", _IDS.mid),
    ("http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", _IDS.abs_send_time),
    ("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", _IDS.transport_sequence),
)
_AUDIO_LEVEL = ("urn:ietf:params:rtp-hdrext:ssrc-audio-level", _IDS.audio_level)
_VIDEO_FEEDBACK = (
    ("goog-remb", ""),
    ("transport-cc", ""),
    ("ccm", "fir"),
    ("nack", ""),
    ("nack", "pli"),
)


def camera_stream(participant: int) -> OutgoingStream:
    return OutgoingStream(FIRST_SSRC + 4 * participant, VP8_PAYLOAD_TYPE, "0")


def microphone_stream(participant: int) -> OutgoingStream:
    return OutgoingStream(FIRST_SSRC + 4 * participant + 2, OPUS_PAYLOAD_TYPE, "1")


def dtls_parameters(fingerprint: str) -> Ortc:
    """Our role is the DTLS client: the server's is always the other one."""
    return {"role": "client", "fingerprints": [{"algorithm": "sha-256", "value": fingerprint}]}


def video_parameters(stream: OutgoingStream) -> Ortc:
    vp8 = {
        "mimeType": "video/VP8",
        "payloadType": stream.payload_type,
        "clockRate": VIDEO_CLOCK_HZ,
        "parameters": {},
        "rtcpFeedback": [{"type": kind, "parameter": parameter} for kind, parameter in _VIDEO_FEEDBACK],
    }
    rtx = {
        "mimeType": "video/rtx",
        "payloadType": RTX_PAYLOAD_TYPE,
        "clockRate": VIDEO_CLOCK_HZ,
        "parameters": {"apt": stream.payload_type},
        "rtcpFeedback": [],
    }
    return {
        "mid": stream.mid,
        "codecs": [vp8, rtx],
        "headerExtensions": _extensions(_SHARED_EXTENSIONS),
        "encodings": [{"ssrc": stream.ssrc, "rtx": {"ssrc": stream.ssrc + 1}}],
        "rtcp": _rtcp(stream),
    }


def audio_parameters(stream: OutgoingStream) -> Ortc:
    opus = {
        "mimeType": "audio/opus",
        "payloadType": stream.payload_type,
        "clockRate": AUDIO_CLOCK_HZ,
        "channels": 2,
        "parameters": {"minptime": 10, "useinbandfec": 1},
        "rtcpFeedback": [{"type": "transport-cc", "parameter": ""}, {"type": "nack", "parameter": ""}],
    }
    return {
        "mid": stream.mid,
        "codecs": [opus],
        "headerExtensions": _extensions((*_SHARED_EXTENSIONS, _AUDIO_LEVEL)),
        "encodings": [{"ssrc": stream.ssrc}],
        "rtcp": _rtcp(stream),
    }


def receive_capabilities(router: Ortc) -> Ortc:
    """What a browser would answer to the router's capabilities: those of VP8 with RTX, and Opus.

    transport-cc is left out towards a viewer: a synthetic viewer answers with REMB (rtcp.py), not with feedback
    on each packet.
    """
    wanted = {"video/vp8", "audio/opus"}
    codecs = [one for one in router["codecs"] if one["mimeType"].lower() in wanted]
    kept = {one["preferredPayloadType"] for one in codecs}
    codecs += [
        one
        for one in router["codecs"]
        if one["mimeType"].lower() == "video/rtx" and one.get("parameters", {}).get("apt") in kept
    ]
    return {
        "codecs": [
            {
                **one,
                "rtcpFeedback": [each for each in one.get("rtcpFeedback", ()) if each["type"] != "transport-cc"],
            }
            for one in codecs
        ],
        "headerExtensions": [one for one in router["headerExtensions"] if "transport-wide-cc" not in one["uri"]],
    }


def _extensions(pairs: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
    return [{"uri": uri, "id": number, "encrypt": False, "parameters": {}} for uri, number in pairs]


def _rtcp(stream: OutgoingStream) -> dict[str, Any]:
    return {"cname": f"participant-{stream.ssrc:x}", "reducedSize": True}
