"""`manage.py verify_signatures` finds a signed document that no longer is what was signed."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from signatures.providers.base import Pin
from signatures.signing.services import sign_requests
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer

pytestmark = pytest.mark.django_db


def test_every_kept_signature_is_judged_and_a_damaged_one_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    an = make_signer()
    request = make_ready(an)
    sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=an)
    deliver_all()
    call_command("verify_signatures", format="json")
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["valid"], told["broken"]) == (True, 1, [])
    newest = max(
        (home / "files").rglob("*"), key=lambda path: path.stat().st_mtime_ns if path.is_file() else 0
    )
    whole = newest.read_bytes()
    newest.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))  # another byte, whatever it was
    with pytest.raises(SystemExit) as stop:
        call_command("verify_signatures", format="json")
    assert stop.value.code == 1
    assert json.loads(capsys.readouterr().out)["broken"] == [str(request.version.uuid)]
