"""Minutes signed with a key that never leaves its token: SoftHSM, filled with OpenSC's tools as offices do."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from server.clock import SystemClock
from server.config import SignatureSection
from server.documents.pades import PadesSigner
from server.documents.pkcs11_key import Pkcs11Key, TokenPlace
from server.documents.signing import SignatureKeyError
from server.errors import Unavailable
from server.findings import Finding
from server.meeting import commands
from server.signing_doctor import signature
from tests.factories import CHAIR, SECRETARY, actor
from tests.system import token
from tests.unit.documents.authority import Authority
from tests.unit.documents.test_signing import approved, office


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """With two tokens, one with an RSA key and one with a key on P-256. SoftHSM reads its place once in a process."""
    folder, one = tmp_path_factory.mktemp("tokens"), Authority()
    token.place(folder)
    token.make(folder, one, "rsa:2048", "kantor")
    token.make(folder, one, "EC:prime256v1", "kurva")
    return one


def key(label: str = "kantor", pin: str = token.PIN, name: str = token.KEY) -> Pkcs11Key:
    return Pkcs11Key(TokenPlace(token.MODULE, label, name, pin=pin))


@pytest.mark.parametrize("label", ["kantor", "kurva"])
async def test_chair_and_secretary_sign_with_the_token(authority: Authority, tmp_path: Path, label: str) -> None:
    ledger = approved()
    papers = office(ledger, tmp_path, PadesSigner(key(label)))
    for person_id in (CHAIR, SECRETARY):
        signed = await papers.sign("m1", person_id)
        ledger.wish(commands.SignMinutes(signed.previous, signed.digest, signed.manner), actor(person_id))
    content = await papers.signed("m1", ledger.state.minutes.signed_digest)
    context = ValidationContext(trust_roots=[authority.trusted], allow_fetching=False)
    found = PdfFileReader(BytesIO(content)).embedded_signatures
    assert [one.field_name for one in found] == ["right", "left"]
    for one in found:
        status = await async_validate_pdf_signature(one, signer_validation_context=context)
        assert status.bottom_line, status.pretty_print_details()


async def test_a_wrong_pin_is_tried_once_and_told_to_nobody(authority: Authority, tmp_path: Path) -> None:
    wrong = key(pin="999999")
    papers = office(approved(), tmp_path, PadesSigner(wrong))
    for _ in range(5):  # three tries would lock the token
        with pytest.raises(Unavailable, match=r"signature\.pin$") as told:
            await papers.sign("m1", CHAIR)
        assert "999999" not in repr(told.value.__cause__)
    assert "999999" not in repr(wrong._place)
    assert (await office(approved(), tmp_path, PadesSigner(key())).sign("m1", CHAIR)).manner == "certificate"


async def test_what_is_not_there_is_said(authority: Authority, tmp_path: Path) -> None:
    for one, code in ((key("tiada"), "token"), (key(""), "token"), (key(name="tiada"), "no_key")):
        with pytest.raises(Unavailable, match=rf"signature\.{code}$"):
            await office(approved(), tmp_path, PadesSigner(one)).sign("m1", CHAIR)
    assert not (tmp_path / "signed").exists()
    with pytest.raises(SignatureKeyError, match=r"signature\.token"):
        key("tiada").look()
    key().look()
    (tmp_path / "lib.so").write_bytes(b"no library")
    with pytest.raises(SignatureKeyError, match=r"signature\.module"):
        Pkcs11Key(TokenPlace(str(tmp_path / "lib.so"), "", "x"))


async def test_the_doctor_signs_on_trial(authority: Authority, tmp_path: Path) -> None:
    async def of(**changed: str) -> Finding:
        section = {
            "pkcs11_module": token.MODULE,
            "pkcs11_token": "kantor",
            "pkcs11_key": token.KEY,
            "pkcs11_pin": token.PIN,
        }
        return await signature(SignatureSection(**section | changed), SystemClock())

    good = await of()
    assert (good.level, good.what, good.values["name"]) == ("ok", "signature", "Sekretariat Daerah")
    assert (await of(pkcs11_token="tiada")).what == "signature.token"
    assert (await of(pkcs11_key="tiada")).what == "signature.no_key"
    assert (await of(pkcs11_pin="999999")).what == "signature.pin"
    (tmp_path / "pin").write_text(f"{token.PIN}\n")
    assert (await of(pkcs11_pin="", pkcs11_pin_file=str(tmp_path / "pin"))).level == "ok"
