"""Each test of the media plane runs twice: all in Python, and with the compiled path. Nothing else belongs here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server.sfu.native import DECLARATIONS, LIBRARY, Native, load
from server.sfu.worker import IN_PYTHON
from tests.unit.sfu.hall import Hall

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def compiled() -> Native:
    """The library, built anew when its source has changed."""
    newest = max(path.stat().st_mtime for path in DECLARATIONS.parent.glob("*.[ch]"))
    if not LIBRARY.exists() or LIBRARY.stat().st_mtime < newest:
        subprocess.run([sys.executable, "hatch_build.py", "path"], cwd=ROOT, check=True)
    native = load()
    assert native is not None
    return native


@pytest.fixture(params=["python", "native"], autouse=True)
def native(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Native | None:
    """The compiled path, or None where all is Python's."""
    found: Native | None = request.getfixturevalue("compiled") if request.param == "native" else None
    monkeypatch.setattr(Hall, "native", found)
    if found is None:
        monkeypatch.setenv(IN_PYTHON, "1")  # for media processes that the test starts
    return found
