"""The form of a letter of invitation: how it reads, who signs it in which capacity, and where its number is from."""

from __future__ import annotations

from dataclasses import dataclass

from server.documents.letter_templates import TEXTS, LetterTemplate
from server.meeting.commands import SendInvitations
from server.meeting.numbering import Register
from server.meeting.state import State
from web.forms import Form
from web.views.letter_preview import CAPACITIES, NATURES

TEXT, LINE, CODE = 2_000, 200, 30


@dataclass(frozen=True, slots=True)
class Offered:
    """What the office has to choose from."""

    registers: tuple[Register, ...]
    templates: tuple[LetterTemplate, ...]


def begin(state: State, offered: Offered, today: str) -> Form:
    """As the letter reads now; a new one takes its number from the office's register, if there is one."""
    letter = state.correspondence.letter
    chair = next((who.person_id for who in state.people.values() if who.role == "chair"), "")
    typed = {
        "nature": letter.nature if letter else "ordinary",
        "basis": letter.basis if letter else "",
        "signer_id": (letter.signer_id if letter else "") or chair,
        "copies": "\n".join(letter.copies) if letter else "",
        "about": letter.about if letter else "",
        "capacity": letter.capacity if letter else "",
        "on_behalf": letter.on_behalf if letter else "",
        "opening": letter.opening if letter else "",
        "way": letter.way if letter else "",
        "closing": letter.closing if letter else "",
        "register_id": offered.registers[0].register_id if offered.registers and not state.plan.letter_number else "",
        "code": "",
        "dated": today,
    }
    return Form(typed)


def with_template(form: Form, offered: Offered) -> Form:
    """The chosen template's words in place of what stood there; all else as it was typed."""
    chosen = next((one for one in offered.templates if one.template_id == form["template"]), None)
    if chosen is None:
        return form
    words = {name: getattr(chosen, name) for name in TEXTS}
    return Form({**form.typed, **words, "nature": chosen.nature})


def wish(form: Form) -> SendInvitations:
    """What the form wants; its faults say what is wrong with it."""
    nature = next((known for known in NATURES if known == form["nature"]), None)
    if nature is None:
        form.fault("nature", "form.nature")
    capacity = next((known for known in CAPACITIES if known == form["capacity"]), None)
    if capacity is None:
        form.fault("capacity", "form.capacity")
    return SendInvitations(
        nature or "ordinary",
        form.lines("basis", TEXT),
        form.text("signer_id", 64),
        tuple(form.lines("copies", TEXT).splitlines()),
        form.text("about", LINE),
        capacity or "",
        form.text("on_behalf", LINE),
        form.lines("opening", TEXT),
        form.lines("way", TEXT),
        form.lines("closing", TEXT),
        form.text("register_id", 64),
        form.text("code", CODE),
        form.text("dated", 10),
    )
