"""What the disk has, and what recordings may take of it. Only sizes: no file is opened."""

from __future__ import annotations

import shutil
from pathlib import Path

# Of one hour, as they come: a 2.5 Mbit/s camera, a screen of the same, a voice of 40 kbit/s.
CAMERA_BYTES_PER_HOUR = 2_500_000 // 8 * 3600
VOICE_BYTES_PER_HOUR = 40_000 // 8 * 3600


class Space:
    """quota_bytes 0: none but the disk itself. keep_free_bytes are left to the rest of the server."""

    def __init__(self, folder: Path, quota_bytes: int, keep_free_bytes: int) -> None:
        self._folder = folder
        self._quota_bytes = quota_bytes
        self.keep_free_bytes = keep_free_bytes

    def used_bytes(self) -> int:
        """Of all recordings. Walks the folder: not for the event loop."""
        return sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())

    def left_bytes(self) -> int:
        """What may still be recorded; never negative. Walks the folder."""
        place = self._folder if self._folder.exists() else self._folder.parent
        left = shutil.disk_usage(place).free - self.keep_free_bytes
        if self._quota_bytes:
            left = min(left, self._quota_bytes - self.used_bytes())
        return max(0, left)

    def enough(self) -> bool:
        """For a recording to begin: a quarter of an hour of one camera and ten voices."""
        return self.left_bytes() > (CAMERA_BYTES_PER_HOUR + 10 * VOICE_BYTES_PER_HOUR) // 4
