"""The built client: hashed names from Vite's manifest, and the files themselves under /static, kept for ever.

Nothing is built here. A compressed neighbour of a file (.br, .gz) is sent where there is one; text without one is
compressed once, at start. None of it is secret, so compressing tells nobody anything (pages are not compressed).
"""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp.web import FileResponse, HTTPNotFound, Request, Response, StreamResponse

from server.errors import Unavailable

STATIC = "/static/"
FOR_EVER = "public, max-age=31536000, immutable"
TEXT = (".js", ".css", ".svg")
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
        self._packed = {
            name: gzip.compress(path.read_bytes(), 9, mtime=0)
            for name, path in self._files.items()
            if path.suffix in TEXT and not {f"{name}.gz", f"{name}.br"} & self._files.keys()
        }

    def entry(self, name: str) -> Entry:
        return self._entries[name]

    async def serve(self, request: Request) -> StreamResponse:
        """Only what stood in the folder at start: no path of a request ever reaches the file system."""
        name = request.match_info["path"]
        path = self._files.get(name)
        if path is None:
            raise HTTPNotFound
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {"Cache-Control": FOR_EVER, "Content-Type": kind, "Vary": "Accept-Encoding"}
        if name in self._packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            return Response(body=self._packed[name], headers=headers | {"Content-Encoding": "gzip"})
        return FileResponse(path, headers=headers)


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
