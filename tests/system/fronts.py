"""Balai as an office sets it up, three ways: behind nginx, behind Caddy, and with its own TLS. The configurations are
those of docs/install.md; only names of folders and numbers of ports are this run's.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.system import guide
from tests.system.certificates import Certificate, issue
from tests.system.programs import Program, balai, environ, free_port

NGINX = """
daemon on;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    gzip on;  # as Debian's nginx.conf has it
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {site};
}}
"""
CADDY = """
{{
    admin off
    auto_https disable_certs
    default_bind 127.0.0.1
    http_port {http}
    https_port {https}
}}
{site}
"""


@dataclass(frozen=True)
class Front:
    """`url`: as browsers see it. `direct`: Balai itself. `http_port` 0: nobody listens for plain HTTP."""

    kind: str
    url: str
    direct: str
    https_port: int
    http_port: int
    certificate: Certificate
    program: Program

    @property
    def first_password(self) -> str:
        return self.program.find(r"Password, shown this once: (\S+)")


@contextmanager
def front(kind: str, folder: Path) -> Iterator[Front]:
    """A running office. `kind`: "nginx", "caddy" or "own"."""
    certificate = issue(folder / "ssl", guide.NAME)
    port, https, http = free_port(), free_port(), free_port()
    url = f"https://{guide.NAME}:{https}"
    config = folder / "balai.toml"
    config.write_text(_own(folder, https) if kind == "own" else _behind(folder, port, https))
    config.chmod(0o600)
    program = Program(balai("serve", "--config", str(config)), "Balai: ", Path.cwd())
    program.start()
    try:
        if kind == "own":
            yield Front(kind, url, url, https, 0, certificate, program)
        else:
            with _nginx(folder, port, https, http) if kind == "nginx" else _caddy(folder, port, https, http):
                yield Front(kind, url, f"http://127.0.0.1:{port}", https, http, certificate, program)
    finally:
        program.stop()


def _behind(folder: Path, port: int, https: int) -> str:
    return _media(
        guide.filled(
            guide.block("/etc/balai/balai.toml"),
            {
                "127.0.0.1:8080": f"127.0.0.1:{port}",
                f"https://{guide.NAME}": f"https://{guide.NAME}:{https}",
                "/var/lib/balai": str(folder / "data"),
                "192.0.2.10": "127.0.0.1",
            },
        )
    )


def _own(folder: Path, https: int) -> str:
    text = guide.filled(
        guide.block("/etc/balai/balai.toml", 1),
        {
            "0.0.0.0:443": f"127.0.0.1:{https}",
            f"https://{guide.NAME}": f"https://{guide.NAME}:{https}",
            "/var/lib/balai": str(folder / "data"),
            "/etc/balai/": f"{folder}/ssl/",
        },
    )
    return _media(f"{text}\n[media]\nudp_port = 8801\ntcp_port = 8801\n")


def _media(text: str) -> str:
    return guide.filled(text, {"udp_port = 8801": "udp_port = 0", "tcp_port = 8801": "tcp_port = 0"})


@contextmanager
def _nginx(folder: Path, port: int, https: int, http: int) -> Iterator[None]:
    site, main = folder / "site.conf", folder / "nginx.conf"
    text = guide.filled(
        guide.block("/etc/nginx/sites-available/balai"),
        {
            "listen 443": f"listen 127.0.0.1:{https}",
            "listen 80;": f"listen 127.0.0.1:{http};",
            "listen [::]:443": f"listen [::1]:{https}",
            "listen [::]:80;": f"listen [::1]:{http};",
            "/etc/ssl/balai/": f"{folder}/ssl/",
            "127.0.0.1:8080": f"127.0.0.1:{port}",
        },
    )
    site.write_text(text if _has_ipv6() else re.sub(r"^.*listen \[::1\].*$", "", text, flags=re.MULTILINE))
    user = "user root;\n" if os.geteuid() == 0 else ""  # whose workers may use a test's folders
    main.write_text(user + NGINX.format(folder=folder, site=site))
    command = ["nginx", "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(main)]
    started = subprocess.run(command, capture_output=True, text=True, check=False, env=_with_sbin())
    assert started.returncode == 0, started.stderr
    try:
        yield
    finally:
        os.kill(int((folder / "nginx.pid").read_text()), signal.SIGTERM)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def _with_sbin() -> dict[str, str]:
    return environ(PATH=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def _caddy(folder: Path, port: int, https: int, http: int) -> Iterator[None]:
    site = guide.filled(
        guide.block("/etc/caddy/Caddyfile"),
        {"/etc/ssl/balai/": f"{folder}/ssl/", "127.0.0.1:8080": f"127.0.0.1:{port}"},
    )
    config = folder / "Caddyfile"
    config.write_text(CADDY.format(http=http, https=https, site=site))
    home = environ(HOME=str(folder), XDG_DATA_HOME=str(folder / "share"), XDG_CONFIG_HOME=str(folder / "config"))
    command = ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]
    program = Program(command, "serving initial configuration", folder, home)
    program.start()
    try:
        yield
    finally:
        program.stop()
