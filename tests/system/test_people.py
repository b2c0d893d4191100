"""`balai people`, as an IT officer runs it: looked at, applied, exported, and the export imported again."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.system.programs import run

SHEET = """Nama;NIP;Jabatan;Perangkat Daerah
dr. Ani;197503122002122001;Kepala Dinas Kesehatan;Dinas Kesehatan
=1+1;12;Staf;Dinas Kesehatan
"""


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {"BALAI_SERVER_DATA_FOLDER": str(tmp_path / "data"), "LANG": "C.UTF-8"}


def test_a_sheet_is_looked_at_applied_and_comes_back_the_same(settings: dict[str, str], tmp_path: Path) -> None:
    sheet, out = tmp_path / "people.csv", tmp_path / "out.csv"
    sheet.write_text(SHEET)
    looked = run("people", "import", str(sheet), **settings)
    assert looked.returncode == 0, looked.stderr
    assert "Row 3  faulty  =1+1" in looked.stdout
    assert "1 new" in looked.stdout
    assert run("people", "export", str(tmp_path / "empty.csv"), **settings).stdout.startswith("0 rows")
    assert run("people", "import", str(sheet), "--apply", **settings).returncode == 0
    assert run("people", "export", str(out), **settings).stdout.startswith("1 rows")
    assert out.stat().st_mode & 0o077 == 0
    (row,) = csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines())
    assert (row["Name"], row["Post"], row["NIP"]) == ("dr. Ani", "Kepala Dinas Kesehatan", f"{'*' * 14}2001")
    again = run("people", "import", str(out), "--complete", **settings)
    assert again.stdout.strip() == "0 faulty, 0 new, 0 changed, 0 ended, 1 unchanged"
    refused = run("people", "import", str(out), "--apply", **settings)
    assert refused.returncode == 1
    assert "people.not_applied" in refused.stderr


def test_what_cannot_be_read_or_written_is_told(settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04")
    told = run("people", "import", str(tmp_path / "x.xlsx"), **settings)
    assert told.returncode == 1
    assert "import.unreadable" in told.stderr
    assert "people.form" in run("people", "export", str(tmp_path / "x.pdf"), **settings).stderr
    assert "backup.exists" in run("people", "export", str(tmp_path / "x.xlsx"), **settings).stderr
