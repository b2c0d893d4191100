"""A QR code as SVG, so that a paper leads to the page that says whether it is genuine. Pure."""

from __future__ import annotations

from io import BytesIO

import segno


def svg(text: str, *, sized: bool = True) -> str:
    """Error correction M (ISO/IEC 18004): still read when a seventh of it is stained or stamped over. Not `sized`: as
    large as the page's own style says."""
    stream = BytesIO()
    segno.make(text, error="m", micro=False).save(stream, kind="svg", border=4, xmldecl=False, omitsize=not sized)
    return stream.getvalue().decode()
