"""One agenda item's text that many write at once: a Yjs document, bounded and checked. It keeps nothing by itself."""

from __future__ import annotations

from collections.abc import Sequence

from pycrdt import Doc, XmlFragment, get_update, merge_updates

from server.errors import Conflict, Invalid
from server.meeting import richtext
from server.notes import fragment

UPDATE_BYTES = 128 * 1024  # one update: a long paste
DOCUMENT_BYTES = 1024 * 1024  # the whole, with what Yjs remembers of deletions


class SharedText:
    """`apply` that raises may have spoiled the text: whoever owns it makes it anew from what was kept."""

    def __init__(self, updates: Sequence[bytes] = ()) -> None:
        self._doc: Doc[XmlFragment] = Doc()
        for update in updates:
            self._doc.apply_update(update)
        self._bytes = sum(len(update) for update in updates)

    @property
    def state(self) -> bytes:
        """The state vector: what is known of each writer."""
        return self._doc.get_state()

    def lacking(self, state: bytes) -> bytes:
        """The update that somebody with this state vector needs. Invalid("notes.invalid")."""
        try:
            return self._doc.get_update(state or None)
        except ValueError:
            raise Invalid("notes.invalid") from None

    def whole(self) -> bytes:
        return self._doc.get_update()

    def apply(self, update: bytes) -> None:
        """Invalid("notes.invalid") for no update, Invalid("notes.too_long"), Conflict("notes.behind") when it builds on
        something that never came: the writer must synchronise first."""
        if len(update) > UPDATE_BYTES:
            raise Invalid("notes.too_long", most=UPDATE_BYTES)
        try:
            self._doc.apply_update(update)
            left = get_update(update, self._doc.get_state())
        except (ValueError, RuntimeError):  # not an update, or one that contradicts itself
            raise Invalid("notes.invalid") from None
        if left[:1] != b"\0":  # the number of writers of whom something was not taken
            raise Conflict("notes.behind")
        self._bytes += len(update)
        if self._bytes > DOCUMENT_BYTES:
            self._bytes = len(self.whole())
            if self._bytes > DOCUMENT_BYTES:
                raise Invalid("notes.too_long", most=DOCUMENT_BYTES)

    def check(self) -> None:
        """Invalid for what no editor of ours makes (fragment.check), and for what is too long to be adopted."""
        fragment.check(self._doc)
        if len(str(fragment.fragment_of(self._doc))) > richtext.LONGEST // 3:  # as XML; fast, and never far off
            self.canonical()

    def canonical(self) -> str:
        """What would be adopted now. Invalid("notes.too_long")."""
        return richtext.canonical(fragment.blocks_of(self._doc))


def merged(updates: Sequence[bytes]) -> bytes:
    return updates[0] if len(updates) == 1 else merge_updates(*updates)
