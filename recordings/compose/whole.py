"""A whole meeting as one watchable file, stage by stage. What an earlier process finished is not done again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import av
import msgspec

from recordings import outcome
from recordings.compose import drawing, finishing, listening
from recordings.compose.orders import Done, Progress, Stage, Whole
from recordings.compose.pieces import Pieces
from recordings.scenes import scenes, segments
from recordings.seal import SealedReader
from recordings.speaker import speeches, voices

# How long the stages take beside each other, measured; only for the bar that somebody looks at.
LISTENING, DRAWING, FINISHING = 1, 12, 1


class Composer:
    """wait(): called often, blocks while there is a meeting; tell(Progress)."""

    def __init__(self, order: Whole, wait: Callable[[], None], tell: Callable[[Progress], None]) -> None:
        self._order, self._plan = order, order.plan
        self._folder, self._into = Path(order.folder), Path(order.into)
        self._wait, self._tell = wait, tell
        self._todo = segments(self._plan)
        self._done = 0

    def run(self) -> Done:
        """OSError, av.FFmpegError, SealBroken."""
        pieces = self._pieces()
        key, plan, todo = self._order.key, self._plan, self._todo
        mixer = listening.Mixer(plan, self._folder, key)
        try:
            listening.listen(mixer, pieces, todo, self._counting("listening", LISTENING))
        finally:
            mixer.close()
        levels = listening.all_levels(pieces, todo)
        known = drawing.looks(plan, self._folder, key, pieces)
        rows = scenes(plan, speeches(levels), drawing.shown(plan, known))
        painter = drawing.Painter(plan, self._folder, key, known, rows)
        try:
            drawing.draw(painter, pieces, todo, self._wait, self._counting("drawing", DRAWING))
        finally:
            painter.close()
        if not pieces.has(outcome.SPEAKERS):
            pieces.put(outcome.SPEAKERS, voices(levels))
        return self._finish(pieces)

    def _pieces(self) -> Pieces:
        """Those that were made by the same plan, with the same libraries."""
        pieces = Pieces(self._into, self._order.key)
        made = repr((drawing.ENCODERS, finishing.ENCODERS, sorted(av.library_versions.items())))
        digest = sha256(msgspec.msgpack.encode(self._plan) + made.encode()).hexdigest()
        if pieces.remembered("plan", str, lambda: digest) != digest:
            pieces.drop(frozenset())
            pieces.put("plan", digest)
        return pieces

    def _counting(self, stage: Stage, weight: int) -> Callable[[int], None]:
        total = self._plan.length_ms * (LISTENING + DRAWING + FINISHING)

        def count(done_ms: int) -> None:
            self._wait()
            if shutil.disk_usage(self._into).free < self._order.keep_free_bytes:
                raise OSError(28, "less is free than must stay free")
            self._done += done_ms * weight
            self._tell(Progress(stage, min(self._done, total), total))

        count(0)
        return count

    def _finish(self, pieces: Pieces) -> Done:
        count = self._counting("finishing", FINISHING)
        finisher = finishing.Finisher(self._plan, pieces, self._todo, self._wait)
        names = tuple(outcome.TYPES)
        finisher.sounds()
        for name in names:
            if name.startswith("audio"):
                finisher.audio(name)
            else:
                finisher.film(name)
            count(self._plan.length_ms // len(names))
        sizes = {name: self._size(pieces, name) for name in (*names, outcome.SPEAKERS)}
        files = tuple(outcome.made(self._into, name, size) for name, size in sizes.items())
        made = outcome.Outcome(
            length_ms=self._plan.length_ms, files=files, parts=self._plan.parts, takes=self._order.takes
        )
        digest = outcome.write(self._into, made)
        pieces.drop(frozenset(sizes))
        return Done(digest, sum(one.bytes for one in files), len(files), self._plan.length_ms)

    def _size(self, pieces: Pieces, name: str) -> int:
        with SealedReader(pieces.path(name), self._order.key) as reader:
            return reader.size
