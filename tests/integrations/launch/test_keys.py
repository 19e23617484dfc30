"""The page of the keys: who may, what is shown once, and what is asked first."""

import base64

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from integrations.launch import services
from integrations.launch.models import LaunchKey
from tests.emr.people import make_department, make_facility, make_user
from tests.emr.signin.test_factors import administrator
from tests.emr.signin.test_fresh import grow_old
from tests.emr.signin.test_sessions import come_in

pytestmark = pytest.mark.django_db
PAGE = "/integrations/launch-keys/"
ADD = f"{PAGE}add/"
GIVEN = {"issuer": "HIS", "key_id": "2026", "names_by": "username", "public_key": "", "may_sign_in": "on"}


@pytest.fixture
def admin(db: None) -> User:
    return administrator("quan")


def test_a_secret_is_made_and_shown_this_once(admin: User) -> None:
    client = come_in(admin)
    answer = client.post(ADD, GIVEN)
    assert answer.status_code == 201
    secret = answer.context["secret"]
    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert "no-store" in answer.headers["Cache-Control"]
    assert secret not in client.get(PAGE).content.decode()
    row = LaunchKey.objects.get()
    assert base64.urlsafe_b64decode(secret + "=") not in bytes(row.sealed_secret or b"")
    line = AuditEvent.objects.get(action="launch_key.add")
    assert line.agent_id == admin.pk
    assert secret not in str(line.detail)


def test_what_was_typed_stays_when_the_key_is_refused(admin: User) -> None:
    client = come_in(admin)
    client.post(ADD, GIVEN)
    twice = client.post(ADD, GIVEN)
    assert twice.status_code == 422
    assert 'value="2026"' in twice.content.decode()
    bad = client.post(ADD, GIVEN | {"key_id": "2027", "public_key": "-----BEGIN NONSENSE-----"})
    assert bad.status_code == 422
    assert "NONSENSE" in bad.content.decode()
    assert client.post(ADD, GIVEN | {"key_id": "a b"}).status_code == 422
    assert LaunchKey.objects.count() == 1


def test_an_old_session_is_asked_first(admin: User) -> None:
    client = come_in(admin)
    grow_old(admin)
    assert client.get(ADD).headers["Location"].startswith("/prove/")
    assert client.post(ADD, GIVEN).status_code == 401
    assert not LaunchKey.objects.exists()


def test_revoking_stands_on_the_page(admin: User) -> None:
    client = come_in(admin)
    client.post(ADD, GIVEN)
    row = LaunchKey.objects.get()
    assert client.post(f"{PAGE}{row.uuid}/revoke/").status_code == 302
    row.refresh_from_db()
    assert row.revoked_by == admin
    assert "Đã thu hồi" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("role", ["integration", "doctor", "auditor"])
def test_nobody_else_looks_after_keys(role: str) -> None:
    client = come_in(make_user("ai", "Ai Đó", role, make_department(make_facility())))
    for address in (PAGE, ADD):
        assert client.get(address).status_code == 403
    assert client.post(ADD, GIVEN).status_code == 403


def test_another_facilitys_key_is_not_there(admin: User) -> None:
    far = make_department(make_facility("88888", "Bệnh viện khác"), "HC", "Hành chính")
    theirs, _secret = services.add_key(issuer="HIS", key_id="1", by=make_user("xa", "Xa", "admin", far))
    client = come_in(admin)
    assert client.post(f"{PAGE}{theirs.uuid}/revoke/").status_code == 404
    assert client.get(PAGE).context["rows"] == []
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_the_page_asks_as_often_for_thirty_keys_as_for_one(admin: User) -> None:
    client = come_in(admin)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    services.add_key(issuer="HIS", key_id="0", by=admin)
    queries()
    one = queries()
    for number in range(1, 30):
        services.add_key(issuer="HIS", key_id=str(number), by=admin)
    assert queries() == one
