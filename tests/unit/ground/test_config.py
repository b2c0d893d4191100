"""The configuration is checked whole: every fault at once, each with its line or variable."""

from dataclasses import replace
from pathlib import Path

import pytest

from server.config import Config, ConfigError, load


def written(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "balai.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def faults(path: Path | None, **environ: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ)
    return {fault.where.rpartition("/")[2]: fault.code for fault in caught.value.faults}


def test_nothing_given_is_a_working_configuration() -> None:
    assert load(None, {"HOME": "/root"}) == Config()


def test_file_and_variables_meet_and_the_variable_wins(tmp_path: Path) -> None:
    path = written(tmp_path, '[server]\nlisten = "0.0.0.0:443"\n[media]\nlisten = ["10.0.0.1"]\nudp_port = 4000\n')
    config = load(path, {"BALAI_MEDIA_UDP_PORT": "5000", "BALAI_SERVER_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8"})
    assert config.server.listen == "0.0.0.0:443"
    assert config.media.listen == ("10.0.0.1",)
    assert config.media.udp_port == 5000
    assert config.server.trusted_proxies == ("127.0.0.1", "10.0.0.0/8")


def test_every_fault_is_named_with_its_line_or_variable(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[server]\nlisten = "nonsense"\nlissen = "x"\n\n'
        '[media]\nudp_port = 70000\nlisten = ["not-an-address"]\n[nosuch]\na = 1\n',
    )
    assert faults(path, BALAI_OFFICE_ZONE="Mars/Olympus", BALAI_TYPO="1", BALAI_MEDIA_TCP_PORT="many") == {
        "balai.toml:2": "config.host_port",
        "balai.toml:3": "config.unknown",
        "balai.toml:6": "config.range",
        "balai.toml:7": "config.address",
        "balai.toml:8": "config.unknown",
        "BALAI_OFFICE_ZONE": "config.zone",
        "BALAI_TYPO": "config.unknown",
        "BALAI_MEDIA_TCP_PORT": "config.type",
    }


def test_broken_syntax_and_a_missing_file_are_faults(tmp_path: Path) -> None:
    assert faults(written(tmp_path, "[server\n")) == {"balai.toml": "config.syntax"}
    assert faults(tmp_path / "nowhere.toml") == {"nowhere.toml": "config.unreadable"}


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    text = '[database]\nurl = "postgresql://balai:secret@127.0.0.1/balai"\n'
    assert faults(written(tmp_path, text, 0o644)) == {"balai.toml:2": "config.secret_readable"}
    assert load(written(tmp_path, text, 0o600), {}).database.url.startswith("postgresql:")


def test_a_readable_tls_key_and_half_a_pair_are_refused(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("key")
    key.chmod(0o644)
    path = written(tmp_path, f'[tls]\nkey = "{key}"\n')
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert {fault.code for fault in caught.value.faults} == {"config.tls_pair", "config.secret_readable"}


def test_media_has_one_fixed_port_and_addresses_are_announced_pairwise(tmp_path: Path) -> None:
    assert (Config().media.udp_port, Config().media.tcp_port) == (8801, 8801)
    text = '[media]\nlisten = ["10.0.0.1"]\nannounce = ["203.0.113.7", "203.0.113.8"]\n'
    assert faults(written(tmp_path, text)) == {"balai.toml:3": "config.announce_pairs"}


def test_media_without_an_address_to_listen_on_are_refused(tmp_path: Path) -> None:
    assert faults(written(tmp_path, "[media]\nlisten = []\n")) == {"balai.toml:2": "config.no_address"}


def test_media_processes_are_counted_and_their_ports_must_exist(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[media]\nworkers = 3\n"), {}).media.worker_count == 3
    assert load(None, {"BALAI_MEDIA_WORKERS": "2"}).media.worker_count == 2
    assert load(None, {}).media.worker_count >= 1
    assert faults(None, BALAI_MEDIA_WORKERS="many") == {"BALAI_MEDIA_WORKERS": "config.workers"}
    assert faults(None, BALAI_MEDIA_WORKERS="3", BALAI_MEDIA_UDP_PORT="65534") == {
        "BALAI_MEDIA_UDP_PORT": "config.range"
    }


def test_the_codecs_for_pictures_are_named_in_their_order(tmp_path: Path) -> None:
    assert load(None, {}).media.video_codecs == ("VP8",)
    assert load(None, {"BALAI_MEDIA_VIDEO_CODECS": "H264, VP8"}).media.video_codecs == ("H264", "VP8")
    for text in ('["H265"]', "[]"):
        path = written(tmp_path, f"[media]\nvideo_codecs = {text}\n")
        assert faults(path) == {"balai.toml:2": "config.choice"}


def test_turn_servers_are_tables_of_their_own(tmp_path: Path) -> None:
    text = '[[media.turn]]\nurls = ["turn:turn.example:3478?transport=tcp", "turns:turn.example"]\nsecret = "s"\n'
    more = '[[media.turn]]\nurls = ["stun:stun.example"]\n'
    first, second = load(written(tmp_path, text + more), {}).media.turn
    assert (first.secret, first.ttl_minutes, second.urls) == ("s", 480, ("stun:stun.example",))
    [one] = load(None, {"BALAI_MEDIA_TURN": '[{"urls": ["turn:a"], "username": "u", "password": "p"}]'}).media.turn
    assert (one.username, one.password) == ("u", "p")
    assert faults(written(tmp_path, text, mode=0o644)) == {"balai.toml:1": "config.secret_readable"}


@pytest.mark.parametrize(
    "wrong",
    [
        "[]1",
        '{"urls": []}',
        '[{"urls": ["http://a"]}]',
        '[{"urls": ["turn:a"], "username": "u"}]',
        '[{"url": "turn:a"}]',
    ],
)
def test_a_turn_server_that_cannot_work_is_a_fault(wrong: str) -> None:
    assert faults(None, BALAI_MEDIA_TURN=wrong) == {"BALAI_MEDIA_TURN": "config.turn"}


def test_announced_are_addresses_or_host_names(tmp_path: Path) -> None:
    path = written(tmp_path, '[media]\nlisten = ["10.0.0.1"]\nannounce = ["10.0.0.1 203.0.113.5 rapat.example"]\n')
    assert load(path, {}).media.announce == ("10.0.0.1 203.0.113.5 rapat.example",)
    for wrong in ("not an address!", " "):
        path = written(tmp_path, f'[media]\nlisten = ["10.0.0.1"]\nannounce = ["{wrong}"]\n')
        assert faults(path) == {"balai.toml:3": "config.address"}


SITE = """[media]
voices = 4

[[media.site]]
name = "Kecamatan"
networks = ["10.1.0.0/16", "fd00:1::/64"]
budget_kbit = {kbit}
"""
TWIN = '[[media.site]]\nname = "Kecamatan"\nnetworks = ["::/0"]\nbudget_kbit = 100\n'


def test_an_office_has_its_address_ranges_and_a_budget(tmp_path: Path) -> None:
    config = load(written(tmp_path, SITE.format(kbit=4000)), {})
    (site,) = config.media.site
    assert (site.name, site.networks, site.budget_kbit) == ("Kecamatan", ("10.1.0.0/16", "fd00:1::/64"), 4000)
    assert (config.media.voices, Config().media.site) == (4, ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SITE.format(kbit=10), "config.site"),
        (SITE.format(kbit='"much"'), "config.type"),
        (SITE.format(kbit=4000) + TWIN, "config.site"),
        (SITE.format(kbit=4000).replace("10.1.0.0/16", "10.1.0.0/99"), "config.address"),
        (SITE.format(kbit=4000).replace("networks", "network"), "config.site"),
        (SITE.format(kbit=4000).replace("[[media.site]]", "[media.site]"), "config.type"),
    ],
)
def test_a_wrong_site_is_a_fault(tmp_path: Path, text: str, code: str) -> None:
    assert code in faults(written(tmp_path, text)).values()


def test_mail_needs_a_sender_and_keeps_its_secrets(tmp_path: Path) -> None:
    open_to_all = tmp_path / "password"
    open_to_all.write_text("rahasia")
    open_to_all.chmod(0o644)
    path = tmp_path / "balai.toml"
    path.write_text(f"""[mail]
host = "mail.contoh.go.id"
security = "ssl"
reply_to = "a\\r\\nBcc: b@c"
dkim_selector = "balai"
password_file = "{open_to_all}"
""")
    with pytest.raises(ConfigError) as raised:
        load(path, {})
    assert sorted(one.code for one in raised.value.faults) == [
        "config.choice",
        "config.dkim_pair",
        "config.mail_sender",
        "config.mailbox",
        "config.secret_readable",
    ]
    assert not load(None, {}).mail.host


def test_providers_and_the_directory_are_read_whole(tmp_path: Path) -> None:
    text = (
        '[server]\npublic_url = "https://rapat.example"\n[sign_in]\npassword_reset = false\n'
        '[[sign_in.oidc]]\nname = "kantor"\nissuer = "https://id.example/realms/a"\nclient_id = "balai"\n'
        'client_secret = "x"\nsecretary_groups = ["s"]\ncreate = "domain"\ndomains = ["contoh.go.id"]\n'
        '[sign_in.ldap]\nurl = "ldaps://dc.example"\nbase_dn = "dc=example"\nonly_groups = true\n'
    )
    found = load(written(tmp_path, text), {}).sign_in
    assert (found.password_reset, found.oidc[0].name, found.oidc[0].secret) == (False, "kantor", "x")
    assert (found.ldap.url, found.ldap.only_groups, found.ldap.sync_hour) == ("ldaps://dc.example", True, 2)
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    secret.chmod(0o600)
    variable = f'[{{"name": "a", "issuer": "https://id.example", "client_id": "b", "client_secret_file": "{secret}"}}]'
    public = {"BALAI_SERVER_PUBLIC_URL": "https://rapat.example"}
    assert load(None, {**public, "BALAI_SIGN_IN_OIDC": variable}).sign_in.oidc[0].secret == "from a file"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ('oidc = "x"', "config.sign_in_shape"),
        ('oidc = [{name = "a", issuer = "https://a", client_id = "b", nosuch = 1}]', "config.sign_in_key"),
        ('oidc = [{name = "a", issuer = "https://a"}]', "config.sign_in_needs"),
        ('oidc = [{name = "A!", issuer = "https://a", client_id = "b"}]', "config.sign_in_value"),
        ('oidc = [{name = "a", issuer = "http://a", client_id = "b"}]', "config.sign_in_value"),
        ('oidc = [{name = "a", issuer = "https://a", client_id = "b", create = "all"}]', "config.sign_in_value"),
        ('oidc = [{name = "a", issuer = "https://a", client_id = "b", create = "domain"}]', "config.sign_in_needs"),
        ('oidc = [{name = "a", issuer = "https://a", client_id = "b", scopes = "openid"}]', "config.sign_in_value"),
        ('oidc = [{name = "a", issuer = "https://a", client_id = "b"}]', "config.sign_in_public_url"),
        ('ldap = {url = "ldap://dc.example", base_dn = "dc=x"}', "config.sign_in_value"),
        ('ldap = {url = "ldaps://dc.example"}', "config.sign_in_needs"),
        ('ldap = {url = "ldaps://dc.example", base_dn = "dc=x", user_filter = "(uid=x)"}', "config.sign_in_value"),
        ('ldap = {url = "ldaps://dc.example", base_dn = "dc=x", sync_hour = 24}', "config.sign_in_value"),
        ('ldap = {url = "ldaps://dc.example", base_dn = "dc=x", ca_file = "/nowhere"}', "config.no_file"),
        ('ldap = {url = "ldaps://dc.example", base_dn = "dc=x", start_tls = 1}', "config.sign_in_value"),
    ],
)
def test_a_wrong_key_of_signing_in_is_a_fault_with_its_line(tmp_path: Path, part: str, code: str) -> None:
    assert faults(written(tmp_path, f"[sign_in]\n{part}\n")) == {"balai.toml:2": code}


def test_recordings_lie_with_the_data_or_where_they_are_told_to() -> None:
    beside = Config(server=replace(Config().server, data_folder=Path("/srv/balai")))
    assert beside.recordings_folder == Path("/srv/balai/recordings")
    told = replace(beside, recording=replace(beside.recording, folder="/mnt/film"))
    assert told.recordings_folder == Path("/mnt/film")
