"""Which descriptor reads which codec. Nothing else."""

from __future__ import annotations

from server.rtp.av1 import Av1Descriptor
from server.rtp.h264 import H264Descriptor
from server.rtp.payload import Descriptor
from server.rtp.vp8 import Vp8Descriptor
from server.rtp.vp9 import Vp9Descriptor

_DESCRIPTORS: dict[str, type[Descriptor]] = {
    "video/vp8": Vp8Descriptor,
    "video/vp9": Vp9Descriptor,
    "video/h264": H264Descriptor,
    "video/av1": Av1Descriptor,
}


def descriptor_for(mime_type: str) -> Descriptor:
    """A new reader for this codec; audio gets the one for which every packet stands alone."""
    return _DESCRIPTORS.get(mime_type.lower(), Descriptor)()
