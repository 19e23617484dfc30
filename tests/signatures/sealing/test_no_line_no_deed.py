"""S-56: what must be on record doesn't happen when its line can't be written."""

from collections.abc import Callable
from typing import Any

import psycopg
import psycopg.sql
import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from emr.accounts.models import User
from emr.accounts.services import create_user, grant_role
from emr.audit.selectors import Question
from emr.common.clock import local_today
from patients.registry.models import Patient
from patients.registry.services import merge_patients
from signatures.certificates import services as certificates
from signatures.certificates.selectors import seal_of
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_seal
from signatures.sealing.services import request_extract, seal_days
from signatures.signing.models import SigningRequest
from signatures.signing.services import Purpose, decline, sign_bytes, sign_requests
from tests.emr.people import make_binh, make_department, make_facility, make_user
from tests.patients.people import make_patient
from tests.signatures.records import PIN, make_ready, make_signer

pytestmark = pytest.mark.django_db(transaction=True)

FAILING = """
CREATE FUNCTION no_line() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no line'; END $$;
CREATE TRIGGER a_no_line BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION no_line();
"""
# What may differ after a deed that was undone: nothing but the numbers that sequences have given.
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def state_of(sql: psycopg.Connection) -> dict[str, Any]:
    """A digest of every table."""
    tables = [name for (name,) in sql.execute(_TABLES).fetchall() if name != "django_session"]
    digest = "SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {} t"
    return {
        name: sql.execute(psycopg.sql.SQL(digest).format(psycopg.sql.Identifier(name))).fetchone()
        for name in tables
    }


def _sign(by: User, request: SigningRequest) -> None:
    with transaction.atomic():  # the request's own
        sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=by)


def _merge(by: User, _request: SigningRequest) -> None:
    survivor, duplicate = Patient.objects.filter(full_name__startswith="Lê Văn").order_by("pk")
    merge_patients(survivor=survivor, duplicate=duplicate, by=by, reason="Một người")


def _export(by: User, _request: SigningRequest) -> None:
    question = Question(local_today(), local_today())
    request_extract(question=question, reason="Khiếu nại", key="k", by=by)


def _seal(by: User, _request: SigningRequest) -> None:
    sign_bytes(b"x", purpose=Purpose.BUNDLE, facility=by.facility, by=by)


def _role(by: User, _request: SigningRequest) -> None:
    grant_role(
        user=User.objects.get(username="binh"),
        role="head_nurse",
        department=make_department(make_facility()),
        by=by,
    )


def _account(by: User, _request: SigningRequest) -> None:
    create_user(
        facility=by.facility,
        username="moi",
        full_name="Người Mới",
        staff_code="M1",
        password="mot-hai-ba-bon",
        by=by,
    )


def _certificate(by: User, _request: SigningRequest) -> None:
    seal = seal_of(by.facility)
    assert seal is not None
    certificates.set_status(certificate=seal, status="suspended", reason="thử", by=by)


DEEDS: list[Callable[[User, SigningRequest], None]] = [
    _sign,
    _merge,
    _export,
    _seal,
    _role,
    _account,
    _certificate,
]
DEEDS.append(lambda by, request: decline(request=request, reason="Không phải tôi", by=by))
NAMES = ["sign", "merge", "export", "seal", "role", "account", "certificate", "decline"]


@pytest.mark.parametrize("deed", DEEDS, ids=NAMES)
def test_nothing_happens_without_its_line(
    deed: Callable[[User, SigningRequest], None], owner_sql: psycopg.Connection
) -> None:
    request = make_ready(make_signer())
    by = request.signer
    issue_demo_seal(facility=by.facility)
    make_patient("Lê Văn Anh"), make_patient("Lê Văn Bách")
    make_binh()
    owner_sql.execute(FAILING)
    before = state_of(owner_sql)
    with pytest.raises(DatabaseError, match="no line"):
        deed(by, request)
    assert state_of(owner_sql) == before
    owner_sql.execute("DROP TRIGGER a_no_line ON audit_event")
    deed(by, request)  # the deed itself is one that works
    assert state_of(owner_sql) != before


def test_a_page_whose_line_fails_shows_nothing_and_an_extract_isnt_handed_out(
    owner_sql: psycopg.Connection,
) -> None:
    auditor = make_user("kiem", "Huỳnh Thị Thảo", "auditor", make_department(make_facility()))
    client = Client(raise_request_exception=False)
    client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")
    owner_sql.execute(FAILING)
    for address in ("/administration/audit/", "/administration/audit/extracts/", "/administration/lookups/"):
        answer = client.get(address)
        assert answer.status_code in {500, 503}, address
        assert "<table" not in answer.content.decode()
    assert seal_days() == 0
