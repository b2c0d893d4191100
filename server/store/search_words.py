"""Words as the search knows them: folded, cut into what may be typed of them, found again in a text. Pure.

What stands in the index is never a word but its keyed fingerprint; see docs/decisions on searching.
"""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from server.meeting.finding import Piece

SHORTEST_START = 3
"""A word is found by its first letters from three on; shorter words only whole."""
LONGEST_START = 12
"""Letters beyond do not tell words apart in the index; what was found is compared with the text itself."""
MOST_TERMS = 8
MOST_TOKENS = 20_000  # of one text: PostgreSQL's tsvector ends at 1 MB
AROUND = 90  # letters of an excerpt before the first word that was found
EXCERPT = 280

_WORD = re.compile(r"[^\W_]+")


def fold(word: str) -> str:
    """Without case and without marks over or under its letters: Résumé and resume are one."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def terms(typed: str) -> tuple[str, ...]:
    """What was typed, as folded words in order, each once. Signs that a search language would know are only signs."""
    return tuple(dict.fromkeys(word for word, _, _ in _words(typed) if word))[:MOST_TERMS]


def starts(text: str) -> tuple[str, ...]:
    """Everything by which the words of a text may be asked for."""
    found: dict[str, None] = {}
    for word, _, _ in _words(text):
        for length in range(SHORTEST_START, min(len(word), LONGEST_START) + 1):
            found[word[:length]] = None
        found[word[:LONGEST_START]] = None
        if len(found) > MOST_TOKENS:
            break
    return tuple(found)[:MOST_TOKENS]


def excerpt(text: str, wanted: Sequence[str]) -> tuple[Piece, ...]:
    """Around the first word that was found, with every found word apart; () where none is."""
    shown = unicodedata.normalize("NFC", text)
    hits = [(begin, end) for word, begin, end in _words(shown) if _is(word, wanted)]
    if not hits:
        return ()
    low = _word_start(shown, max(hits[0][0] - AROUND, 0))
    high = min(low + EXCERPT, len(shown))
    pieces = [Piece("… ")] if low else []
    at = low
    for begin, end in hits:
        if end > high:
            break
        pieces += [Piece(shown[at:begin]), Piece(shown[begin:end], True)]
        at = end
    pieces.append(Piece(shown[at:high] + (" …" if high < len(shown) else "")))
    return tuple(piece for piece in pieces if piece.text)


def token(key: bytes, start: str) -> str:
    """The fingerprint that stands in the index for this beginning of a word: eight letters and digits."""
    return _token(key, start[:LONGEST_START])


@lru_cache(maxsize=1 << 16)
def _token(key: bytes, start: str) -> str:
    return base64.b32encode(hmac.digest(key, start.encode(), "sha256")[:5]).decode().lower()


def _is(word: str, wanted: Sequence[str]) -> bool:
    return any(word == one or (len(one) >= SHORTEST_START and word.startswith(one)) for one in wanted)


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _WORD.finditer(unicodedata.normalize("NFC", text)):
        yield fold(found[0]), found.start(), found.end()


def _word_start(text: str, at: int) -> int:
    """Not in the midst of a word, unless it is a very long one."""
    if at == 0:
        return 0
    blank = text.find(" ", at, at + 30)
    return blank + 1 if blank >= 0 else at
