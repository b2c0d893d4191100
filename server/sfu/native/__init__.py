"""The compiled path of a packet: its C source, how it is loaded, and how the rest of the media plane sees it.

`load` gives None where it was not built or does not fit; everything then runs in Python, which is its specification.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cffi

HERE = Path(__file__).parent
LIBRARY = HERE / "_path.so"
DECLARATIONS = HERE / "path.h"
# What path_layout answers when the library was built from the declarations beside it.
_LAYOUT = {
    "lane": 1,
    "target": 3,
    "packet": 5,
    "rendition": 7,
    "stream": 11,
    "gate": 13,
    "route": 17,
    "port": 19,
    "turn": 23,
    "feedback": 29,
}


class Native(NamedTuple):
    """cffi's two halves: `ffi` makes and reads what path.h declares, `lib` calls it."""

    ffi: Any
    lib: Any


@cache
def load(library: Path = LIBRARY) -> Native | None:
    """The library, or None: not built, for another machine, or from other sources than these."""
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS.read_text("utf-8"))
    try:
        # Never unmapped: at the interpreter's end records are freed by it, in any order.
        lib = ffi.dlopen(str(library), ffi.RTLD_NOW | ffi.RTLD_NODELETE)
    except OSError:
        return None
    wanted = sum(times * ffi.sizeof(f"struct path_{name}") for name, times in _LAYOUT.items())
    return Native(ffi, lib) if lib.path_layout() == wanted else None
