"""When a sender is asked for a key frame: at most one per 0.5 s, asked for again until it comes. No I/O."""

from __future__ import annotations

MIN_INTERVAL_MS = 500  # a receiver that cannot decode asks seven times a second; its sender must not pay for that
AGAIN_MS = 250  # the request may be lost; one that was not is answered once (libwebrtc: not again within 300 ms)
GIVE_UP_MS = 10_000  # a sender that has not answered for so long is muted or gone; the next ask starts anew


class KeyFrameRequests:
    """One per producer."""

    __slots__ = ("_asked_ms", "_pending", "_sent", "_since_ms", "arrived_ms")

    def __init__(self) -> None:
        self._asked_ms: int | None = None
        self._since_ms = 0
        self._pending = False
        self._sent = False  # was it asked for, since it is awaited?
        #: when the last key frame started; None before the first
        self.arrived_ms: int | None = None

    @property
    def pending(self) -> bool:
        """Is a key frame awaited?"""
        return self._pending

    def ask(self, now_ms: int) -> bool:
        """Somebody needs a key frame. True: send a PLI now; False: one is under way, `due` will say when to repeat."""
        if not self._pending:
            self._pending = True
            self._sent = False
            self._since_ms = now_ms
        return self.due(now_ms)

    def due(self, now_ms: int) -> bool:
        """Timer (about 50 ms): True when a PLI must be sent now."""
        if not self._pending:
            return False
        if now_ms - self._since_ms > GIVE_UP_MS:
            self._pending = False
            return False
        if self._asked_ms is not None and now_ms - self._asked_ms < (AGAIN_MS if self._sent else MIN_INTERVAL_MS):
            return False
        self._asked_ms = now_ms
        self._sent = True
        return True

    def arrived(self, now_ms: int) -> None:
        """A key frame started (any layer: browsers send them on all)."""
        self._pending = False
        self.arrived_ms = now_ms
