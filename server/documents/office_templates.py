"""The Word templates of an office: begun, checked, kept by their hash, and used for its papers.

Which one is in force is part of the profile (decision 17): a meeting keeps the one its minutes were approved with.
"""

from __future__ import annotations

from collections.abc import Callable

from server.documents.kept import KeptPapers
from server.documents.profile import Profile
from server.documents.sheet import Sheet
from server.documents.word_check import read_template
from server.documents.word_context import TEMPLATED, Templated, told_by
from server.documents.word_fill import filled
from server.documents.word_starter import starter
from server.documents.wording import Wording
from server.errors import NotFound

NEEDED: dict[Templated, tuple[str, ...]] = {
    "notula": ("konsep",), "report": ("konsep",), "decision": ("konsep",), "attendance": ("konsep",), "invitation": (),
}  # fmt: skip
"""Without it a draft would look like the final paper."""


def templated(kind: str) -> Templated:
    """NotFound("not_found") for a kind of paper that has no template."""
    found = next((one for one in TEMPLATED if one == kind), None)
    if found is None:
        raise NotFound("not_found")
    return found


class OfficeTemplates:
    """Blocking: call it in a thread. `sample`: a kind's paper of a meeting that never was."""

    def __init__(
        self,
        kept: KeptPapers,
        words: Callable[[str], Wording],
        sample: Callable[[Templated, Wording, Profile], Sheet],
    ) -> None:
        self._kept, self._words, self._sample = kept, words, sample

    def begin(self, kind: Templated, office: Profile) -> bytes:
        return starter(kind, self._words(office.language), office)

    def take(self, kind: Templated, content: bytes, office: Profile) -> str:
        """Checked, filled in once on trial, and kept; its digest (hex). Invalid, as word_check.read_template and
        word_fill.filled."""
        words = self._words(office.language)
        sheet = self._sample(kind, words, office)
        read_template(content, told_by(kind, sheet, words).values, NEEDED[kind])
        filled(content, kind, sheet, words)
        return self._kept.keep(kind, content)

    def read(self, kind: Templated, office: Profile) -> bytes:
        """NotFound("template.missing") where none is in force, or its file is no longer what was kept."""
        try:
            return self._kept.read(kind, office.templates[kind])
        except (KeyError, NotFound):
            raise NotFound("template.missing") from None

    def fill(self, kind: Templated, sheet: Sheet, office: Profile) -> bytes:
        return filled(self.read(kind, office), kind, sheet, self._words(sheet.language))
