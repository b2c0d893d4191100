"""The systemd unit of docs/install.md: systemd understands every line of it, and what it promises to Balai is kept."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

from server.config import load
from tests.system import guide

UNIT = "/etc/systemd/system/balai.service"
PORT = "/etc/systemd/system/balai.service.d/port.conf"


def parsed(path: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(guide.block(path))
    return unit


def test_systemd_takes_the_unit_without_a_word(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    assert program, "Debian's systemd is missing: apt-get install systemd"
    unit = tmp_path / "balai.service"
    text = guide.filled(guide.block(UNIT), {"/opt/balai/bin/balai": sys.executable, "User=balai": "User=root"})
    unit.write_text(text.replace("Group=balai", "Group=root"))
    told = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in told.stderr.splitlines() if "balai.service" in line] == []


def test_the_unit_tells_only_the_main_process_to_end_and_waits_for_it() -> None:
    service = parsed(UNIT)["Service"]
    assert service["KillMode"] == "process"  # else the media processes end first, or with a main process that died
    assert int(service["TimeoutStopSec"]) > 60  # six stages of at most ten seconds each: server/app.py
    assert service["Restart"] == "always"
    assert (service["UMask"], service["StateDirectoryMode"]) == ("0077", "0700")


def test_the_guide_and_the_unit_speak_of_the_same_files() -> None:
    service = parsed(UNIT)["Service"]
    assert service["ExecStart"].split() == ["/opt/balai/bin/balai", "serve", "--config", "/etc/balai/balai.toml"]
    assert f'data_folder = "/var/lib/{service["StateDirectory"]}"' in guide.block("/etc/balai/balai.toml")
    right = parsed(PORT)["Service"]
    assert right["AmbientCapabilities"] == right["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"


def test_every_key_of_the_configuration_stands_in_the_guide() -> None:
    keys = guide.GUIDE.read_text(encoding="utf-8").partition("## 13. All keys")[2]
    config = load(None, {})
    for section in config.__dataclass_fields__:
        for key in getattr(config, section).__dataclass_fields__:
            named = {f"`{section}.{key}`", f"`{key}`", f"`[{section}.{key}]`", f"`[[{section}.{key}]]`"}
            assert named & set(re.findall("`[^`]+`", keys)), f"{section}.{key}"


def test_the_printed_configurations_are_valid(tmp_path: Path) -> None:
    for number in range(2):
        text = guide.block("/etc/balai/balai.toml", number)
        file = tmp_path / f"{number}.toml"
        for name in ("fullchain.pem", "key.pem"):
            (tmp_path / name).write_text("")
            (tmp_path / name).chmod(0o600)
        file.write_text(text.replace("/etc/balai/", f"{tmp_path}/"))
        file.chmod(0o600)
        assert load(file, {}).server.public_url == f"https://{guide.NAME}"
