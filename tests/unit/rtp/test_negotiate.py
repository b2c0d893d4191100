"""Negotiation: what a browser offers becomes our numbers, and nothing hostile gets further than an error code."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp.negotiate import Produced, can_consume, consumer_parameters, numbers_packets, produce
from server.rtp.parameters import MID_URI, TRANSPORT_CC_URI, NegotiationError, RtpCapabilities, RtpParameters
from server.rtp.router import router_rtp_capabilities, without_feedback

AST = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"


def offer(**changes: object) -> dict[str, object]:
    """What mediasoup-client says for a Chromium camera with three layers."""
    whole: dict[str, object] = {
        "mid": "1",
        "codecs": [
            {
                "mimeType": "video/VP8",
                "payloadType": 100,
                "clockRate": 90000,
                "parameters": {},
                "rtcpFeedback": [{"type": "transport-cc", "parameter": ""}, {"type": "nack", "parameter": "pli"}],
            },
            {"mimeType": "video/rtx", "payloadType": 101, "clockRate": 90000, "parameters": {"apt": 100}},
        ],
        "headerExtensions": [
            {"uri": MID_URI, "id": 4, "encrypt": False, "parameters": {}},
            {"uri": TRANSPORT_CC_URI, "id": 3, "encrypt": False, "parameters": {}},
            {"uri": "urn:unknown", "id": 9},
        ],
        "encodings": [
            {"rid": f"r{n}", "active": True, "maxBitrate": 150000.0 * (n + 1), "dtx": False} for n in range(3)
        ],
        "rtcp": {"cname": "abc", "reducedSize": True},
    }
    whole.update(changes)
    return whole


def produced(**changes: object) -> Produced:
    return produce("video", RtpParameters.from_json(json.loads(json.dumps(offer(**changes)))))


def capabilities() -> RtpCapabilities:
    return RtpCapabilities.from_json(router_rtp_capabilities())


def test_a_camera_is_understood() -> None:
    camera = produced()
    assert (camera.payload_type, camera.rtx_payload_type, camera.codec.payload_type) == (100, 101, 96)
    assert [encoding.rid for encoding in camera.encodings] == ["r0", "r1", "r2"]
    assert (camera.extension_ids.mid, camera.extension_ids.transport_cc, camera.extension_ids.rid) == (4, 3, 0)
    assert (camera.mid, camera.cname, camera.clock_rate) == ("1", "abc", 90000)


def without(name: str) -> RtpCapabilities:
    """A receiver that lacks one way of telling what its line carries."""
    known = capabilities()
    return replace(
        known,
        codecs=tuple(without_feedback(codec, name) for codec in known.codecs if name != "rtx" or not codec.is_rtx),
        header_extensions=tuple(one for one in known.header_extensions if one.uri != name),
    )


@pytest.mark.parametrize("lacking", ["transport-cc", TRANSPORT_CC_URI, "rtx"])
def test_a_receiver_that_cannot_tell_of_each_packet_is_asked_for_remb(lacking: str) -> None:
    assert not numbers_packets("video", without(lacking))
    told = consumer_parameters(produced(), without(lacking), mid="7", ssrc=11, rtx_ssrc=12, cname="x")
    assert "goog-remb" in {one.type for one in told.codecs[0].rtcp_feedback}
    assert "transport-cc" not in {one.type for one in told.codecs[0].rtcp_feedback}
    assert TRANSPORT_CC_URI not in {one.uri for one in told.header_extensions}


def test_a_receiver_gets_our_numbers_and_tells_of_each_packet() -> None:
    told = consumer_parameters(produced(), capabilities(), mid="7", ssrc=11, rtx_ssrc=12, cname="x").to_json()
    codecs = told["codecs"]
    assert isinstance(codecs, list)
    assert [codec["payloadType"] for codec in codecs] == [96, 97]
    assert codecs[1]["parameters"] == {"apt": 96}
    kinds = {(one["type"], one["parameter"]) for one in codecs[0]["rtcpFeedback"]}
    assert kinds == {("nack", ""), ("nack", "pli"), ("ccm", "fir"), ("transport-cc", "")}
    assert told["encodings"] == [{"ssrc": 11, "rtx": {"ssrc": 12}}]
    extensions = told["headerExtensions"]
    assert isinstance(extensions, list)
    assert {one["uri"]: one["id"] for one in extensions} == {MID_URI: 1, AST: 4, TRANSPORT_CC_URI: 5}
    assert told["mid"] == "7"
    assert told["rtcp"] == {"cname": "x", "reducedSize": True, "mux": True}
    again = RtpParameters.from_json(json.loads(json.dumps(told)))
    assert again.to_json() == told


def test_audio_gets_nack_and_its_level() -> None:
    opus = {"mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000, "channels": 2}
    voice = produce("audio", RtpParameters.from_json(offer(codecs=[opus], encodings=[{"ssrc": 5}])))
    told = consumer_parameters(voice, capabilities(), mid="0", ssrc=1, rtx_ssrc=2, cname="x")
    assert [one.type for one in told.codecs[0].rtcp_feedback] == ["nack"]
    assert told.codecs[0].parameter("useinbandfec") == 1
    assert told.encodings[0].rtx_ssrc is None
    assert {one.id for one in told.header_extensions} == {1, 4, 10}


def test_a_receiver_without_the_codec_is_told_so() -> None:
    deaf = RtpCapabilities.from_json(
        {"codecs": [{"mimeType": "video/H264", "clockRate": 90000}], "headerExtensions": []}
    )
    assert not can_consume(produced(), deaf)
    with pytest.raises(NegotiationError) as caught:
        consumer_parameters(produced(), deaf, mid="7", ssrc=1, rtx_ssrc=2, cname="x")
    assert caught.value.code == "media.cannot_consume"


def test_h264_profiles_are_compared() -> None:
    def h264(profile: str, mode: int) -> dict[str, object]:
        parameters = {"profile-level-id": profile, "packetization-mode": mode}
        return {"mimeType": "video/H264", "payloadType": 102, "clockRate": 90000, "parameters": parameters}

    assert produced(codecs=[h264("42e01f", 1)]).codec.payload_type == 102
    assert produced(codecs=[h264("42E034", 1)]).codec.payload_type == 102
    for profile, mode in (("42e01f", 0), ("640c1f", 1), ("42001f", 1), ("nonsense", 1)):
        with pytest.raises(NegotiationError):
            produced(codecs=[h264(profile, mode)])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"codecs": []}, "media.codec_unsupported"),
        ({"codecs": [{"mimeType": "video/H265", "payloadType": 1, "clockRate": 90000}]}, "media.codec_unsupported"),
        (
            {"codecs": [{"mimeType": "audio/opus", "payloadType": 1, "clockRate": 48000, "channels": 2}]},
            "media.codec_unsupported",
        ),
        ({"codecs": {}}, "media.parameters_malformed"),
        ({"codecs": [{"mimeType": "video/VP8", "payloadType": 300, "clockRate": 90000}]}, "media.parameters_malformed"),
        (
            {"codecs": [{"mimeType": "video/VP8", "payloadType": True, "clockRate": 90000}]},
            "media.parameters_malformed",
        ),
        ({"codecs": [{"mimeType": 5}]}, "media.parameters_malformed"),
        ({"encodings": []}, "media.encodings_invalid"),
        ({"encodings": [{"rid": "a"}, {"rid": "a"}]}, "media.encodings_invalid"),
        ({"encodings": [{"ssrc": 5, "rtx": {"ssrc": 5}}]}, "media.encodings_invalid"),
        ({"encodings": [{}, {}]}, "media.encodings_invalid"),
        ({"encodings": [{"rid": str(n)} for n in range(4)]}, "media.encodings_invalid"),
        ({"encodings": [{"ssrc": n + 1} for n in range(40)]}, "media.parameters_malformed"),
        ({"encodings": [{"ssrc": 2**32}]}, "media.parameters_malformed"),
        ({"encodings": [{"rid": "x" * 17}]}, "media.parameters_malformed"),
        ({"headerExtensions": [{"uri": MID_URI, "id": 1}, {"uri": MID_URI, "id": 2}]}, "media.parameters_malformed"),
        ({"headerExtensions": [{"uri": MID_URI, "id": 0}]}, "media.parameters_malformed"),
        ({"mid": "m" * 17}, "media.parameters_malformed"),
        ({"mid": "\n"}, "media.parameters_malformed"),
        ({"rtcp": []}, "media.parameters_malformed"),
    ],
)
def test_what_cannot_be_is_refused_with_a_code(changes: dict[str, object], code: str) -> None:
    with pytest.raises(NegotiationError) as caught:
        produced(**changes)
    assert caught.value.code == code


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(anything, st.sampled_from(["mid", "codecs", "headerExtensions", "encodings", "rtcp", ""]))
def test_any_json_raises_only_negotiation_errors(value: object, field: str) -> None:
    whole: object = offer(**{field: value}) if field else value
    for candidate in (whole, offer(codecs=[value]), offer(encodings=[value]), offer(headerExtensions=[value])):
        try:
            produce("video", RtpParameters.from_json(candidate))
            RtpCapabilities.from_json(candidate)
        except NegotiationError:
            continue


def test_preferred_codecs_stand_in_front_each_with_its_rtx() -> None:
    """A browser sends with the first one that it has; what is not preferred stays to be had."""

    def names(*preferred: str) -> list[str]:
        told: Any = router_rtp_capabilities(preferred)
        return [codec["mimeType"].removeprefix("video/") for codec in told["codecs"] if codec["kind"] == "video"]

    assert names()[::2] == ["VP8", "VP9", "H264", "AV1"]
    assert names("H264", "VP8")[::2] == ["H264", "VP8", "VP9", "AV1"]
    assert names("AV1")[1::2] == ["rtx"] * 4
