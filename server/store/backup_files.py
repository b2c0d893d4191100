"""The files that a backup carries beside the database: signed papers and templates, named by their SHA-256.

Only such names are read or written, wherever they come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path, PurePosixPath

KEPT = ("signed", "templates")  # folders of the data folder; what lies elsewhere is not in a backup
_NAME = re.compile(r"(?:signed|templates)/[0-9A-Za-z_-]{1,64}/([0-9a-f]{64})\.(?:pdf|docx)")


def kept_files(data_folder: Path) -> Iterator[str]:
    """Names below the data folder, in order. What is being written just now has another name, and no fact."""
    for folder in KEPT:
        for path in sorted((data_folder / folder).glob("*/*")):
            name = path.relative_to(data_folder).as_posix()
            if named(name) and path.is_file():
                yield name


def named(name: str) -> str:
    """The digest (hex) that a kept file's name promises; "" for any other name."""
    found = _NAME.fullmatch(name)
    return found[1] if found else ""


def is_whole(name: str, path: Path) -> bool:
    """Whether the bytes are those that the name promises."""
    try:
        with path.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest() == named(name)
    except OSError:
        return False


def place(folder: Path, name: str) -> Path:
    return folder.joinpath(*PurePosixPath(name).parts)
