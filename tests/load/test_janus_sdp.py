"""The session descriptions that Janus gets from us, and how its own are read. Janus itself is not started here."""

from __future__ import annotations

import pytest

from tests.load import janus_sdp
from tests.load.announce import audio_parameters, camera_stream, microphone_stream, video_parameters
from tests.load.checks import IceCredentials

OWN = IceCredentials("mine", "my-password-is-long-enough")
FINGERPRINT = ":".join(["AB"] * 32)
OFFERED = """\
v=0
o=- 1 1 IN IP4 127.9.9.1
s=VideoRoom 1
t=0 0
a=group:BUNDLE v1 a2
a=fingerprint:sha-256 CD:EF
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 127.9.9.1
a=sendonly
a=mid:v1
a=ice-ufrag:ZGUM
a=ice-pwd:NW4hUJp+fQ+vmSZtIAGTZ3
a=setup:actpass
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack pli
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
a=ssrc:2364484429 cname:janus
a=ssrc:2364484430 cname:janus
a=candidate:1 1 udp 2015363327 127.9.9.1 37265 typ host
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:a2
a=rtpmap:111 opus/48000/2
a=fmtp:111 useinbandfec=1
a=ssrc:46923940 cname:janus
""".replace("\n", "\r\n")


def test_an_offer_says_what_the_parameters_say() -> None:
    video, audio = camera_stream(1), microphone_stream(1)
    text = janus_sdp.offer([("video", video_parameters(video)), ("audio", audio_parameters(audio))], FINGERPRINT, OWN)
    read = janus_sdp.parse(text)
    picture, sound = read.media

    assert text.startswith("v=0\r\n")
    assert (picture.head, sound.head) == ("m=video 9 UDP/TLS/RTP/SAVPF 96 97", "m=audio 9 UDP/TLS/RTP/SAVPF 111")
    assert list(picture.values("rtpmap")) == ["96 VP8/90000", "97 rtx/90000"]
    assert list(sound.values("rtpmap")) == ["111 opus/48000/2"]
    assert picture.value("fmtp") == "97 apt=96"
    assert picture.value("ssrc-group") == f"FID {video.ssrc} {video.ssrc + 1}"
    assert "96 nack pli" in list(picture.values("rtcp-fb"))
    assert [one.value("mid") for one in read.media] == [video.mid, audio.mid]
    for one in read.media:
        assert one.value("setup") == "active"
        assert one.value("fingerprint") == f"sha-256 {FINGERPRINT}"
        assert one.value("ice-ufrag") == "mine"


def test_an_offer_of_theirs_gives_a_transport_and_streams() -> None:
    read = janus_sdp.parse(OFFERED)
    transport = read.transport(OWN)

    assert transport.ice_parameters.username_fragment == "ZGUM"
    assert transport.ice_parameters.password == "NW4hUJp+fQ+vmSZtIAGTZ3"
    assert [(one.ip, one.port, one.protocol) for one in transport.ice_candidates] == [("127.9.9.1", 37265, "udp")]
    assert transport.dtls_parameters.fingerprints[0].value == "CD:EF"
    assert transport.own_ice_parameters is not None
    assert transport.own_ice_parameters.username_fragment == "mine"
    assert [(one.kind, one.value("ssrc")) for one in read.media] == [
        ("video", "2364484429 cname:janus"),
        ("audio", "46923940 cname:janus"),
    ]


def test_an_answer_takes_everything_as_it_was_offered() -> None:
    answered = janus_sdp.parse(janus_sdp.answer(janus_sdp.parse(OFFERED), FINGERPRINT, OWN))
    picture, sound = answered.media

    assert "group:BUNDLE v1 a2" in answered.session
    assert [one.value("mid") for one in answered.media] == ["v1", "a2"]
    assert picture.head == "m=video 9 UDP/TLS/RTP/SAVPF 96 97"
    assert list(picture.values("rtcp-fb")) == ["96 nack pli"]
    assert sound.value("fmtp") == "111 useinbandfec=1"
    for one in answered.media:
        assert "recvonly" in one.attributes
        assert one.value("setup") == "active"
        assert one.value("ssrc") is None


def test_a_description_without_a_transport_is_refused() -> None:
    with pytest.raises(ConnectionError, match="fingerprint"):
        janus_sdp.parse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n").transport(OWN)
