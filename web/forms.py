"""Reading what was typed into a form: kept exactly as it was, checked one field at a time, faults told together.

What a form means is for the views; whether it is allowed is for the rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp.web import Request

from server.errors import BalaiError, Value

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")  # also what turns the writing direction


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to put right: the field's name, and the code and values of its sentence."""

    name: str
    code: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Form:
    """`typed` is what the browser sent, without control characters; it fills the form again when something is wrong."""

    typed: Mapping[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.typed.get(name, "")

    def text(self, name: str, most: int, *, required: str = "") -> str:
        """One line, its spaces in order. `required`: the code of the fault when it is empty."""
        return self._checked(name, " ".join(self[name].split()), most, required)

    def lines(self, name: str, most: int, *, required: str = "") -> str:
        """Several lines, as they were written."""
        return self._checked(name, self[name].replace("\r\n", "\n").strip(), most, required)

    def _checked(self, name: str, value: str, most: int, required: str) -> str:
        if not value and required:
            self.fault(name, required)
        if len(value) > most:
            self.fault(name, "form.long", most=most, length=len(value))
        return value

    def fault(self, name: str, code: str, **values: Value) -> None:
        self.faults.append(Fault(name, code, values))

    def refuse(self, error: BalaiError) -> None:
        """What the rules found, told at the field that it names."""
        self.faults.append(Fault(str(error.values.get("field", "")), error.code, error.values))

    def wrong(self, name: str) -> Fault | None:
        """The first fault of a field, for its own line."""
        return next((one for one in self.faults if one.name == name), None)


async def read_form(request: Request) -> Form:
    posted = await request.post()
    return Form({name: CONTROL.sub("", value) for name, value in posted.items() if isinstance(value, str)})
