"""What one media process has counted since it began, also of streams and sessions that are gone. Pure sums."""

from __future__ import annotations

from operator import attrgetter

from server.sfu.downlink import Downlink
from server.sfu.link import Counts
from server.sfu.session import Session
from server.sfu.uplink import Uplink


def add(*every: Counts) -> Counts:
    return Counts(*(sum(map(attrgetter(name), every)) for name in Counts.__struct_fields__))


def of_uplink(uplink: Uplink) -> Counts:
    layers = [layer for layer in uplink.layers if layer is not None]
    return Counts(
        packets_in=sum(layer.stats.received for layer in layers),
        bytes_in=sum(layer.bytes_in for layer in layers),
        lost_in=sum(layer.stats.lost for layer in layers),
    )


def of_downlink(downlink: Downlink) -> Counts:
    return Counts(packets_out=downlink.sent()[0])


def of_session(session: Session) -> Counts:
    """What is counted for a session as a whole: its own streams are not in it."""
    inlet, heard = session.inlet, session.outlet.heard
    return Counts(
        bytes_out=sum(lane.sent_bytes for lane in session.outlet.transport.lanes),
        repairs_wanted=heard.wanted_packets,
        key_frames_wanted=heard.wanted_key_frames,
        repairs_asked=inlet.asked_packets,
        key_frames_asked=inlet.asked_key_frames,
    )
