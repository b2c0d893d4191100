"""AV1's dependency descriptor (AV1 RTP specification, appendix A), read in place: which layers a frame belongs to.

What a frame refers to and its chains are not read: a forwarder that keeps whole decode targets needs neither.
"""

from __future__ import annotations

from server.rtp.packet import PacketError, Readable

NOT_PRESENT, DISCARDABLE, SWITCH, REQUIRED = range(4)
MOST_TEMPLATES = 64
_SHORT = "dependency descriptor cut short"


class Structure:
    """What a key frame's descriptor says of all that follow.

    templates: (spatial, temporal, indication for each decode target); targets: (spatial, temporal) of each; sizes:
    (width, height) of each spatial layer, () when not told.
    """

    __slots__ = ("offset", "sizes", "targets", "templates")

    def __init__(
        self, offset: int, templates: tuple[tuple[int, int, tuple[int, ...]], ...], sizes: tuple[tuple[int, int], ...]
    ) -> None:
        self.offset = offset
        self.templates = templates
        self.sizes = sizes
        self.targets = tuple(
            (
                max((spatial for spatial, _, dtis in templates if dtis[at] != NOT_PRESENT), default=0),
                max((temporal for _, temporal, dtis in templates if dtis[at] != NOT_PRESENT), default=0),
            )
            for at in range(len(templates[0][2]))
        )

    def target(self, spatial: int, temporal: int) -> int:
        """The decode target for a viewer of these layers: the highest spatial one that is there, then temporal; -1."""
        best = -1
        for at, layers in enumerate(self.targets):
            if layers[0] <= spatial and layers[1] <= temporal and (best < 0 or layers > self.targets[best]):
                best = at
        return best


class DependencyDescriptor:
    """One packet's descriptor; remembers the structure from packet to packet. One per stream.

    active: the decode targets that are sent now, as bits. dtis: this frame's indication for each decode target.
    steps_up: from this frame on one temporal layer more can be decoded: what is above its base refers to that base.
    """

    __slots__ = ("active", "dtis", "end", "frame_number", "spatial_id", "start", "steps_up", "structure", "temporal_id")

    def __init__(self) -> None:
        self.structure: Structure | None = None
        self.active = 0
        self.start = self.end = self.steps_up = False
        self.frame_number = self.spatial_id = self.temporal_id = 0
        self.dtis: tuple[int, ...] = ()

    def read(self, data: Readable, offset: int, length: int) -> None:
        """The header extension's element at data[offset:offset+length]. Raises PacketError, with nothing changed."""
        if length < 3 or offset + length > len(data):
            raise PacketError(_SHORT)
        bits = _Bits(data, offset, length)
        start, end, template = bits.take(1), bits.take(1), bits.take(6)
        number = bits.take(16)
        structure, active, custom = self.structure, self.active, False
        if length > 3:
            fresh, told, custom = bits.take(1), bits.take(1), bool(bits.take(1))
            bits.take(2)  # own frame differences, own chains
            if fresh:
                structure = _structure(bits)
                active = (1 << len(structure.targets)) - 1
            if told:
                if structure is None:
                    raise PacketError("decode targets of no structure")
                active = bits.take(len(structure.targets))
        if structure is None:
            raise PacketError("dependency descriptor before its structure")
        at = (template - structure.offset) % 64
        if at >= len(structure.templates):
            raise PacketError("dependency descriptor of an unknown template")
        spatial, temporal, dtis = structure.templates[at]
        if custom:
            dtis = tuple(bits.take(2) for _ in structure.targets)
        self.structure, self.active = structure, active
        self.start, self.end, self.frame_number = bool(start), bool(end), number
        self.spatial_id, self.temporal_id, self.dtis = spatial, temporal, dtis
        if temporal == 0 and spatial == 0:
            self.steps_up = dtis[structure.target(0, 7)] == SWITCH


def _structure(bits: _Bits) -> Structure:
    offset = bits.take(6)
    count = bits.take(5) + 1
    layers = _layers(bits)
    templates = tuple((*one, tuple(bits.take(2) for _ in range(count))) for one in layers)
    for _ in layers:
        while bits.take(1):  # a frame difference follows
            bits.take(4)
    chains = bits.non_symmetric(count + 1)
    if chains:
        for _ in range(count):
            bits.non_symmetric(chains)
        bits.take(4 * chains * len(layers))
    sizes: tuple[tuple[int, int], ...] = ()
    if bits.take(1):
        sizes = tuple((bits.take(16) + 1, bits.take(16) + 1) for _ in range(layers[-1][0] + 1))
    return Structure(offset, templates, sizes)


def _layers(bits: _Bits) -> list[tuple[int, int]]:
    """(spatial, temporal) of each template (A.8.3.2: next_layer_idc)."""
    spatial = temporal = 0
    layers = [(0, 0)]
    while (step := bits.take(2)) != 3:
        if step == 1:
            temporal += 1
        elif step == 2:
            spatial, temporal = spatial + 1, 0
        if len(layers) >= MOST_TEMPLATES or temporal > 7 or spatial > 3:
            raise PacketError("dependency structure with too many layers")
        layers.append((spatial, temporal))
    return layers


class _Bits:
    """Most significant first."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: Readable, offset: int, length: int) -> None:
        self._value = int.from_bytes(data[offset : offset + length], "big")
        self._left = 8 * length

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise PacketError(_SHORT)
        return self._value >> self._left & ((1 << count) - 1)

    def non_symmetric(self, values: int) -> int:
        """ns(n) of the AV1 specification 4.10.7: one of `values`."""
        width = values.bit_length()
        least = (1 << width) - values
        value = self.take(width - 1)
        return value if value < least else (value << 1) - least + self.take(1)
