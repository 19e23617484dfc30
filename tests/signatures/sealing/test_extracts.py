"""A selection of the log, sealed: made once by a worker, checked with openssl, each step a line of the log."""

import csv
import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.common.clock import local_today
from emr.outbox import services as outbox
from emr.outbox.models import OutboxEvent
from patients.registry.models import Identifier
from signatures.certificates.trust import demo_authority_folder
from signatures.providers.services import issue_demo_seal
from signatures.sealing.models import LogExtract
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db(transaction=True)
LOG, EXTRACTS = "/administration/audit/", "/administration/audit/extracts/"


@pytest.fixture
def auditor() -> User:
    return make_user("kiem", "Huỳnh Thị Thảo", "auditor", make_department(make_facility()))


@pytest.fixture
def desk(client: Client, auditor: User) -> Client:
    client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask(desk: Client, key: str = "k1", **asked: str) -> int:
    today = f"{local_today():%d/%m/%Y}"
    desk.post(LOG, {"since": today, "until": today} | asked)
    return desk.post(EXTRACTS, {"reason": "Khiếu nại 12/2026", "key": key}).status_code


def work() -> None:
    for event_id in OutboxEvent.objects.filter(topic="log_extract.requested", done_at=None).values_list(
        "pk", flat=True
    ):
        outbox.deliver(event_id=event_id)


def test_the_extract_holds_the_selection_and_its_seal_holds(
    desk: Client, auditor: User, tmp_path: Path
) -> None:
    an, dao, other = make_an(), make_patient(), make_patient("Lê Văn Hùng")
    issue_demo_seal(facility=make_facility())
    for patient in (dao, other):
        record("patient.read", by=an, of=patient, patient=patient, detail={"note": "=1+1"})
    number = Identifier.objects.get(patient=dao, is_own=True).value
    assert ask(desk, patient=number, action="patient.read") == 302
    assert ask(desk, patient=number, action="patient.read") == 302  # the same form twice
    work()
    work()
    extract = LogExtract.objects.get()
    assert (extract.status, extract.line_count) == ("done", 1)
    parcel = zipfile.ZipFile(io.BytesIO(desk.get(f"{EXTRACTS}{extract.uuid}/").content))
    lines = parcel.read("log.csv")
    manifest = json.loads(parcel.read("manifest.json"))
    (row,) = csv.DictReader(io.StringIO(lines.decode("utf-8-sig")))
    assert (row["patient_number"], row["username"]) == (number, "an")
    assert "Đào" not in lines.decode("utf-8-sig")
    assert manifest["files"]["log.csv"] == hashlib.sha256(lines).hexdigest()
    for name in ("manifest.json", "manifest.json.p7s"):
        (tmp_path / name).write_bytes(parcel.read(name))
    command = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ]
    command += ["-in", str(tmp_path / "manifest.json.p7s"), "-content", str(tmp_path / "manifest.json")]
    command += ["-CAfile", str(demo_authority_folder() / "root.pem")]
    checked = subprocess.run(command, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    done = set(AuditEvent.objects.filter(agent_id=auditor.pk).values_list("action", flat=True))
    assert {"log_extract.request", "log_extract.make", "log_extract.export", "seal.use"} <= done


def test_without_a_seal_the_page_says_why_and_the_worker_tries_again(desk: Client) -> None:
    record("patient.read", by=make_an())
    assert ask(desk) == 302
    work()
    extract = LogExtract.objects.get()
    assert (extract.status, extract.attachment) == ("failed", None)
    assert desk.get(f"{EXTRACTS}{extract.uuid}/").status_code == 404
    issue_demo_seal(facility=make_facility())
    OutboxEvent.objects.filter(topic="log_extract.requested").update(available_at="2020-01-01T00:00Z")
    work()
    extract.refresh_from_db()
    assert extract.status == "done"


def test_nobody_else_takes_it_and_a_reason_is_needed(desk: Client, client: Client) -> None:
    record("patient.read", by=make_an())
    assert ask(desk) == 302
    assert desk.post(EXTRACTS, {"reason": " ", "key": "k2"}).status_code == 422
    extract = LogExtract.objects.get()
    elsewhere = make_user("la", "Người Lạ", "auditor", make_department(make_facility("88888", "Nơi khác")))
    stranger = Client()
    stranger.force_login(elsewhere, backend="django.contrib.auth.backends.ModelBackend")
    assert stranger.get(f"{EXTRACTS}{extract.uuid}/").status_code == 404
    assert str(extract.uuid) not in stranger.get(EXTRACTS).content.decode()
