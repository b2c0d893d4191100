"""The built client: hashed names from Vite's manifest, and the files themselves under /static, kept for ever.

Nothing is built or compressed here; a compressed neighbour of a file (.br, .gz) is sent where there is one.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp.web import FileResponse, HTTPNotFound, Request, StreamResponse

from server.errors import Unavailable

STATIC = "/static/"
FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


class _Chunk(msgspec.Struct):
    file: str
    css: list[str] = []
    imports: list[str] = []


@dataclass(frozen=True, slots=True)
class Entry:
    """What a page links: style sheets in order, its module, and modules to fetch beside it."""

    styles: tuple[str, ...]
    module: str
    preload: tuple[str, ...]


class Assets:
    """Unavailable("client.not_built") where web/dist is missing or incomplete."""

    def __init__(self, dist: Path) -> None:
        manifest = dist / "manifest.json"
        try:
            chunks = msgspec.json.decode(manifest.read_bytes(), type=dict[str, _Chunk])
            self._entries = {name: _entry(chunks, f"src/{name}.ts") for name in ("pages", "room")}
        except (OSError, msgspec.MsgspecError, KeyError):
            raise Unavailable("client.not_built", path=str(manifest)) from None
        self._files = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
        del self._files["manifest.json"]

    def entry(self, name: str) -> Entry:
        return self._entries[name]

    async def serve(self, request: Request) -> StreamResponse:
        """Only what stood in the folder at start: no path of a request ever reaches the file system."""
        path = self._files.get(request.match_info["path"])
        if path is None:
            raise HTTPNotFound
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, headers={"Cache-Control": FOR_EVER, "Content-Type": kind})


def _entry(chunks: Mapping[str, _Chunk], name: str) -> Entry:
    imported: list[_Chunk] = []
    _collect(chunks, chunks[name], imported)
    own = chunks[name]
    styles = [css for chunk in (*imported, own) for css in chunk.css]
    return Entry(
        tuple(STATIC + one for one in dict.fromkeys(styles)),
        STATIC + own.file,
        tuple(STATIC + one.file for one in imported),
    )


def _collect(chunks: Mapping[str, _Chunk], chunk: _Chunk, found: list[_Chunk]) -> None:
    for name in chunk.imports:
        if chunks[name] not in found:
            _collect(chunks, chunks[name], found)
            found.append(chunks[name])
