"""AV1 dependency descriptors (AV1 RTP specification, appendix A) as a sender writes them. For tests only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Bits:
    """Most significant first."""

    text: str = ""

    def put(self, value: int, count: int) -> None:
        assert 0 <= value < 1 << count or count == 0
        self.text += f"{value:0{count}b}" if count else ""

    def put_non_symmetric(self, value: int, values: int) -> None:
        width = values.bit_length()
        least = (1 << width) - values
        if value < least:
            self.put(value, width - 1)
        else:
            self.put((value + least) >> 1, width - 1)
            self.put((value + least) & 1, 1)

    def bytes(self) -> bytes:
        text = self.text + "0" * (-len(self.text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


@dataclass
class Layering:
    """A structure of so many layers; key: those above build upon those below in key frames only.

    Each spatial layer has templates for its part of a key frame and for each temporal layer.
    """

    spatial: int
    temporal: int
    key: bool
    offset: int = 0
    chains: int = 1
    sizes: tuple[tuple[int, int], ...] = ()
    templates: list[tuple[int, int, bool]] = field(init=False)  # spatial, temporal, of a key frame
    targets: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.templates = [
            (spatial, temporal, of_key)
            for spatial in range(self.spatial)
            for temporal, of_key in [(0, True), *((one, False) for one in range(self.temporal))]
        ]
        self.targets = [(spatial, temporal) for spatial in range(self.spatial) for temporal in range(self.temporal)]

    def needed(self, template: tuple[int, int, bool], target: tuple[int, int]) -> bool:
        spatial, temporal, of_key = template
        if temporal > target[1]:
            return False
        return spatial == target[0] or (spatial < target[0] and (of_key or not self.key))

    def indications(self, template: tuple[int, int, bool]) -> list[int]:
        return [2 if self.needed(template, target) else 0 for target in self.targets]

    def structure(self, bits: Bits) -> None:
        bits.put(self.offset, 6)
        bits.put(len(self.targets) - 1, 5)
        for before, after in zip(self.templates, self.templates[1:], strict=False):
            bits.put(2 if after[0] > before[0] else 1 if after[1] > before[1] else 0, 2)
        bits.put(3, 2)
        for template in self.templates:
            for indication in self.indications(template):
                bits.put(indication, 2)
        for _, _, of_key in self.templates:
            if not of_key:
                bits.put(1, 1)
                bits.put(self.spatial - 1, 4)
            bits.put(0, 1)
        bits.put_non_symmetric(self.chains, len(self.targets) + 1)
        if self.chains:
            for at in range(len(self.targets)):
                bits.put_non_symmetric(at % self.chains, self.chains)
            bits.put(0, 4 * self.chains * len(self.templates))
        bits.put(1 if self.sizes else 0, 1)
        for width, height in self.sizes:
            bits.put(width - 1, 16)
            bits.put(height - 1, 16)

    def descriptor(
        self,
        spatial: int,
        temporal: int,
        *,
        of_key: bool,
        start: bool,
        end: bool,
        number: int,
        tell: bool = False,
        active: int | None = None,
        custom: bool = False,
    ) -> bytes:
        """Of one packet. tell: with the structure; active: with the decode targets that are sent; custom: with the
        indications once more."""
        bits = Bits()
        bits.put(start, 1)
        bits.put(end, 1)
        template = (spatial, temporal, of_key)
        bits.put((self.templates.index(template) + self.offset) % 64, 6)
        bits.put(number & 0xFFFF, 16)
        if tell or active is not None or custom:
            bits.put(tell, 1)
            bits.put(active is not None, 1)
            bits.put(custom, 1)
            bits.put(0, 2)
            if tell:
                self.structure(bits)
            if active is not None:
                bits.put(active, len(self.targets))
            for indication in self.indications(template) if custom else ():
                bits.put(indication, 2)
        return bits.bytes()
