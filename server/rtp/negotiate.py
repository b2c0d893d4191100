"""ORTC matching: what a producer sends in our numbers, and what a consumer is told. Pure; never trusts a browser's numbers."""

from __future__ import annotations

from dataclasses import dataclass

from server.rtp.parameters import Kind, RtpCapabilities, RtpCodec, RtpParameters


@dataclass(frozen=True, slots=True)
class ExtensionIds:
    """The ids one producer uses, 0 when absent."""

    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    abs_send_time: int = 0
    transport_cc: int = 0
    audio_level: int = 0


@dataclass(frozen=True, slots=True)
class ProducerEncoding:
    """One simulcast layer, ascending. ssrc and rtx_ssrc 0 when only the rid is known."""

    rid: str
    ssrc: int
    rtx_ssrc: int


@dataclass(frozen=True, slots=True)
class Produced:
    """A validated producer. payload_type/rtx_payload_type are the sender's (0: no RTX); codec is the router's."""

    kind: Kind
    mid: str
    codec: RtpCodec
    payload_type: int
    rtx_payload_type: int
    clock_rate: int
    extension_ids: ExtensionIds
    encodings: tuple[ProducerEncoding, ...]
    cname: str


def produce(kind: Kind, parameters: RtpParameters) -> Produced:
    """Raises NegotiationError."""
    ...


def can_consume(producer: Produced, capabilities: RtpCapabilities) -> bool: ...


def consumer_parameters(
    producer: Produced, capabilities: RtpCapabilities, *, mid: str, ssrc: int, rtx_ssrc: int, cname: str
) -> RtpParameters:
    """What mediasoup-client's `consume` wants: one encoding, our fixed numbers. Raises NegotiationError."""
    ...
