"""What secretaries open in a word processor opens there: LibreOffice itself reads our DOCX and ODT, and prints them."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from server.documents.papers import Form, Kind
from tests.unit.documents.test_papers import papers, text_of


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
