"""Targets that read JSON: ORTC parameters and what they are matched with, and what a browser says to signaling."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from server.errors import Invalid
from server.rtp import parameters
from server.rtp.negotiate import consumer_parameters, produce
from server.rtp.parameters import NegotiationError, RtpCapabilities, RtpParameters
from server.rtp.router import CODECS, router_rtp_capabilities, rtx_of
from server.sfu.dtls import read_fingerprints
from signaling.messages import CommandMessage, Connect, Enter, Handshake, MediaMessage
from signaling.reading import StrictJson, read, read_command, read_media
from tests.fuzz.choices import Choices

CODES = {
    "media.parameters_malformed",
    "media.codec_unsupported",
    "media.encodings_invalid",
    "media.cannot_consume",
}
_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    127,
    128,
    2**32,
    2**64,
    1.5,
    1e300,
    "",
    "x" * 300,
    "\x00",
    "é",
    [],
    {},
    [[]],
)
_TEXTS = ("0", "1", "r0", "r1", "L1T3", "nack", "pli", "apt", "profile-id", "cname", "sha-256", "00:11")
_URIS = (
    parameters.MID_URI,
    parameters.RID_URI,
    parameters.REPAIRED_RID_URI,
    parameters.ABS_SEND_TIME_URI,
    parameters.TRANSPORT_CC_URI,
    parameters.AUDIO_LEVEL_URI,
    "urn:x",
)
_MIMES = (*(codec.mime_type for codec in CODECS), "video/rtx", "audio/red", "video/vp8", "text/plain", "audio/")


def _expected(code: str, codes: set[str]) -> None:
    assert code in codes, code


def _any(choices: Choices, depth: int = 3) -> Any:
    kind = choices.byte() % 8
    if kind < 3:
        return choices.one_of(_ODD)
    if kind == 3:
        return choices.number(4)
    if kind == 4 or depth == 0:
        return choices.one_of(_TEXTS)
    if kind == 5:
        return [_any(choices, depth - 1) for _ in range(choices.byte() % 4)]
    return {choices.one_of(_TEXTS): _any(choices, depth - 1) for _ in range(choices.byte() % 4)}


def _maybe(choices: Choices, value: Any) -> Any:
    """Mostly the value, now and then anything."""
    return _any(choices) if choices.byte() > 246 else value


def _list(choices: Choices, make: Any, most: int) -> Any:
    return _maybe(choices, [_maybe(choices, make(choices)) for _ in range(choices.byte() % (most + 1))])


def _feedback(choices: Choices) -> Any:
    return {"type": choices.one_of(("nack", "ccm", "transport-cc", "goog-remb")), "parameter": choices.one_of(_TEXTS)}


def _codec(choices: Choices, key: str) -> Any:
    ours = choices.one_of((*CODECS, rtx_of(CODECS[1])))
    whole = ours.to_json(key)
    if choices.byte() & 1:
        whole["mimeType"] = _maybe(choices, choices.one_of(_MIMES))
        whole[key] = _maybe(choices, choices.byte() & 0x7F)
        whole["clockRate"] = _maybe(choices, choices.one_of((90_000, 48_000, 8_000)))
        whole["parameters"] = _maybe(
            choices, {choices.one_of(_TEXTS): choices.byte() for _ in range(choices.byte() % 3)}
        )
        whole["rtcpFeedback"] = _list(choices, _feedback, 3)
        whole["channels"] = _maybe(choices, choices.byte() & 3)
    return whole


def _extension(choices: Choices, key: str) -> Any:
    kind = choices.one_of(("", "audio", "video", "x"))
    return {"uri": choices.one_of(_URIS), key: _maybe(choices, 1 + choices.byte() % 255), "kind": kind}


def _encoding(choices: Choices) -> Any:
    whole: dict[str, Any] = {}
    flags = choices.byte()
    if flags & 1:
        whole["ssrc"] = _maybe(choices, choices.byte())
    if flags & 2:
        whole["rid"] = _maybe(choices, choices.one_of(_TEXTS))
    if flags & 4:
        whole["rtx"] = _maybe(choices, {"ssrc": choices.byte()})
    if flags & 8:
        whole["maxBitrate"] = _maybe(choices, choices.number(4) * (1.0 if flags & 16 else 1))
    if flags & 32:
        whole["scalabilityMode"] = _maybe(choices, choices.one_of(_TEXTS))
    return whole


def _parameters(choices: Choices) -> Any:
    return {
        "mid": _maybe(choices, choices.one_of(_TEXTS)),
        "codecs": _list(choices, lambda one: _codec(one, "payloadType"), 3),
        "headerExtensions": _list(choices, lambda one: _extension(one, "id"), 5),
        "encodings": _list(choices, _encoding, 4),
        "rtcp": _maybe(choices, {"cname": _maybe(choices, "c")}),
    }


def _capabilities(choices: Choices) -> Any:
    return {
        "codecs": _list(choices, lambda one: _codec(one, "preferredPayloadType"), 4),
        "headerExtensions": _list(choices, lambda one: _extension(one, "preferredId"), 5),
    }


def ortc(data: bytes) -> None:
    """What is produced by one hostile browser, told to another one."""
    choices = Choices(data)
    given, known = _maybe(choices, _parameters(choices)), _maybe(choices, _capabilities(choices))
    if choices.byte() & 1:
        known = router_rtp_capabilities()
    try:
        kind = choices.one_of(("audio", "video"))
        produced = produce(kind, RtpParameters.from_json(given))  # type: ignore[arg-type]
    except NegotiationError as error:
        _expected(error.code, CODES)
        return
    try:
        told = consumer_parameters(produced, RtpCapabilities.from_json(known), mid="m7", ssrc=7, rtx_ssrc=8, cname="c")
    except NegotiationError as error:
        _expected(error.code, CODES)
        return
    # Nothing of what the sender said about its numbers reaches the receiver.
    assert told.encodings[0].ssrc == 7
    assert told.mid == "m7"
    assert all(1 <= extension.id <= 14 for extension in told.header_extensions)
    assert RtpParameters.from_json(told.to_json()) == told
    json.dumps(told.to_json())


def fingerprints(value: object) -> None:
    try:
        found = read_fingerprints(value)
    except NegotiationError as error:
        _expected(error.code, CODES)
        return
    assert found


def _message(choices: Choices, shape: type[Any]) -> Any:
    """A message of this shape, filled with what its fields may or may not hold."""
    whole: dict[str, Any] = {"type": shape.__struct_config__.tag}
    for field in shape.__struct_fields__:
        pick = choices.byte() % 8
        if pick == 0:
            continue
        whole[field] = (
            _any(choices)
            if pick < 3
            else choices.one_of(
                (*_TEXTS, "send", "receive", "camera", "microphone", "audio", "video", 0, 1, True, "yes")
            )
        )
    if choices.byte() > 230:
        whole[choices.one_of(_TEXTS)] = _any(choices)
    return whole


_COMMANDS: tuple[type[Any], ...] = CommandMessage.__args__
_MEDIA: tuple[type[Any], ...] = MediaMessage.__args__


def messages(data: bytes) -> None:
    """Text as it comes, or a message of a known shape with anything in its fields: a message, or Invalid."""
    choices = Choices(data)
    mode = choices.byte() & 3
    payload: Any
    if mode == 0:
        try:
            payload = StrictJson.loads(choices.rest())
        except ValueError:
            return
    else:
        payload = _message(choices, choices.one_of(_COMMANDS if mode == 1 else _MEDIA))
        if mode == 3:
            payload = (
                _any(choices, 9) if choices.byte() & 1 else {"type": "produce", "rtp_parameters": _parameters(choices)}
            )
    for reader in (read_command, read_media, _entering, _shaking):
        try:
            message = reader(payload)
        except Invalid as error:
            _expected(error.code, {"message.invalid"})
            continue
        assert msgspec.convert(msgspec.to_builtins(message), type(message)) == message
        if isinstance(message, Connect):
            fingerprints(message.dtls_parameters)


def _entering(payload: object) -> Any:
    return read(payload, Enter)


def _shaking(payload: object) -> Any:
    return read(payload, Handshake)
