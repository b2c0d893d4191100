"""What secretaries open in a word processor opens there: LibreOffice itself reads our DOCX and ODT, and prints them."""

from __future__ import annotations

import asyncio
import subprocess
from io import BytesIO
from pathlib import Path

import docx

from server.documents.kept import KeptPapers
from server.documents.papers import Form, Kind, OfficePapers
from server.documents.saved_profiles import SavedProfiles
from server.documents.word_context import TEMPLATED
from tests.factories import plan
from tests.fakes import FakeClock
from tests.unit.documents.test_papers import papers, text_of
from tests.unit.documents.test_templates import WORDS, Rooms, Values
from tests.unit.documents.told import OFFICE, told


async def test_libreoffice_opens_every_editable_paper_and_finds_its_words(tmp_path: Path) -> None:
    """In one start, as a start is what takes the time."""
    made: tuple[tuple[Kind, Form], ...] = (
        ("notula", "odt"),
        ("notula", "docx"),
        ("risalah", "docx"),
        ("report", "docx"),
    )
    for kind, form in made:
        content = await papers().paper("m1", kind, form, "id")
        (tmp_path / f"{kind}-{form}.{form}").write_bytes(content)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    files = [f"{kind}-{form}.{form}" for kind, form in made]
    call = ["soffice", profile, "--headless", "--convert-to", "pdf", *files]
    done = await asyncio.to_thread(subprocess.run, call, cwd=tmp_path, capture_output=True, check=True)
    for kind, form in made:
        printed = tmp_path / f"{kind}-{form}.pdf"
        assert printed.exists(), done.stderr
        text = text_of(printed.read_bytes())
        for said in ("Anggaran tahap kedua disetujui", "Rahayu Chair", "PEMERINTAH KABUPATEN CONTOH"):
            assert said in text, (kind, form, said)


async def test_libreoffice_opens_what_an_offices_own_templates_make(tmp_path: Path) -> None:
    office = OfficePapers(
        Rooms(told()), WORDS, OFFICE, FakeClock(), public_url="https://rapat.contoh.go.id",
        profiles=SavedProfiles(Values()), templates=KeptPapers(tmp_path / "templates", ".docx"),
    )  # fmt: skip
    for kind in TEMPLATED:
        begun = docx.Document(BytesIO(await office.template(kind, new=True)))
        begun.add_paragraph(f"Diubah di Word: {{{{ rapat }}}}, {kind}")
        begun.save(str(tmp_path / "edited.docx"))
        await office.take_template(kind, (tmp_path / "edited.docx").read_bytes(), "a1")
        content = await office.paper("m1", kind, "docx", "id", 1 if kind == "decision" else 0)
        (tmp_path / f"{kind}.docx").write_bytes(content)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    call = ["soffice", profile, "--headless", "--convert-to", "pdf", *(f"{kind}.docx" for kind in TEMPLATED)]
    await asyncio.to_thread(subprocess.run, call, cwd=tmp_path, capture_output=True, check=True)
    title = plan().title
    for kind in TEMPLATED:
        text = text_of((tmp_path / f"{kind}.pdf").read_bytes())
        for said in (f"Diubah di Word: {title}, {kind}", "PEMERINTAH KABUPATEN CONTOH", "Rahayu Chair"):
            assert said in text, (kind, said)
        assert "{{" not in text
