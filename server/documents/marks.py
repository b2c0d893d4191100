"""An office's mark as it is uploaded: a small PNG, or an SVG that can do nothing but be drawn. Hostile until then."""

from __future__ import annotations

import struct
from xml.etree import ElementTree as Xml

from server.documents.profile import Logo
from server.errors import Invalid

MARK_BYTES = 300 * 1024
SIDE_PX = 3_000
ELEMENTS = 5_000
_SVG = "{http://www.w3.org/2000/svg}"
_DRAWN = {
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs", "linearGradient",
    "radialGradient", "stop", "clipPath", "mask", "use", "symbol", "title", "desc", "text", "tspan",
}  # fmt: skip
"""Elements of SVG 1.1 that draw: no script, style sheet, picture, foreign content, link or animation."""


def read_mark(content: bytes) -> Logo:
    """Invalid("office.mark" | "office.mark_size")."""
    if len(content) > MARK_BYTES:
        raise Invalid("office.mark_size", field="mark")
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and len(content) > 33:
        width, height = struct.unpack(">II", content[16:24])  # PNG, 11.2.2
        if not (0 < width <= SIDE_PX and 0 < height <= SIDE_PX):
            raise Invalid("office.mark_size", field="mark")
        return Logo("png", content)
    return Logo("svg", _clean(content))


def _clean(content: bytes) -> bytes:
    """Written anew from what is allowed, so that nothing else comes along."""
    head = content.upper()
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"\x00" in content:  # also shuts out UTF-16
        raise Invalid("office.mark", field="mark")
    try:
        root = Xml.fromstring(content)  # noqa: S314 (no DTD: nothing expands)
    except (Xml.ParseError, ValueError):
        raise Invalid("office.mark", field="mark") from None
    if root.tag != f"{_SVG}svg" or sum(1 for _ in root.iter()) > ELEMENTS:
        raise Invalid("office.mark", field="mark")
    _prune(root)
    Xml.register_namespace("", _SVG[1:-1])
    return Xml.tostring(root, encoding="unicode").encode()


def _prune(element: Xml.Element) -> None:
    for name, value in list(element.attrib.items()):
        plain = name.rpartition("}")[2].lower()
        told = "".join(value.split()).lower()
        elsewhere = plain == "href" and not told.startswith("#")
        if plain.startswith("on") or plain == "style" or elsewhere or ("url(" in told and "url(#" not in told):
            del element.attrib[name]
    for child in list(element):
        if isinstance(child.tag, str) and child.tag.startswith(_SVG) and child.tag.removeprefix(_SVG) in _DRAWN:
            _prune(child)
        else:
            element.remove(child)
