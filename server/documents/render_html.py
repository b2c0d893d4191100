"""A sheet as one HTML file that needs nothing else: no script, no address elsewhere; it reads aloud and prints well."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server.documents.profile import Logo
from server.documents.sheet import PAPER_MM, Sheet

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def html_bytes(sheet: Sheet, logo: Logo | None = None) -> bytes:
    page = _ENVIRONMENT.get_template("sheet.html").render(
        sheet=sheet,
        size_mm=PAPER_MM[sheet.paper],
        logo=_data(logo.content, logo.kind) if logo else "",
        picture=lambda svg: _data(svg.encode(), "svg"),
    )
    return page.encode()


def _data(content: bytes, kind: str) -> str:
    """As <img>, in which no script of an SVG runs."""
    return f"data:image/{'svg+xml' if kind == 'svg' else 'png'};base64,{b64encode(content).decode()}"
