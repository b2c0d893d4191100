"""The root of every error Balai raises on purpose: a stable code and values, never a sentence.

The two faces (signaling and web) look the sentence up in the reader's language under `error.<code>`.
Nothing here knows a language, a transport or a store.
"""

from __future__ import annotations

from typing import ClassVar

Value = str | int | float | bool


class BalaiError(Exception):
    """An expected failure. `code` is stable (dotted, lower case); `values` fill the sentence's placeholders."""

    default_code: ClassVar[str] = "internal"

    def __init__(self, code: str | None = None, **values: Value) -> None:
        self.code = code or self.default_code
        self.values = values
        super().__init__(self.code)


class Refused(BalaiError):
    """A command was understood, but the rules do not allow it to this actor, or not now."""

    default_code = "refused"


class Invalid(BalaiError):
    """What was sent is malformed or out of range; `values["field"]` names the place where that helps."""

    default_code = "invalid"


class NotFound(BalaiError):
    """There is no such thing, or the asker may not know that there is."""

    default_code = "not_found"


class Unauthenticated(BalaiError):
    """Who asks is not known, or no longer."""

    default_code = "unauthenticated"


class Unavailable(BalaiError):
    """A part is not there just now (the media plane restarts, the lease moved); asking again may help."""

    default_code = "unavailable"


class Conflict(BalaiError):
    """Somebody else was first; what was sent is kept by the sender, who must look again."""

    default_code = "conflict"
