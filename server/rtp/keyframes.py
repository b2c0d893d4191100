"""When a sender is asked for a key frame: at most once per 0.5 s, asked again until it comes. No I/O."""

from __future__ import annotations


class KeyFrameRequests:
    """One per producer."""

    def ask(self, now_ms: int) -> bool:
        """Somebody needs a key frame. True: send a PLI now; False: one is under way, `due` will say when to repeat."""
        ...

    def due(self, now_ms: int) -> bool:
        """Timer (about 50 ms): True when a PLI must be sent now."""
        ...

    def arrived(self, now_ms: int) -> None:
        """A key frame started (any layer: browsers send them on all)."""
        ...
