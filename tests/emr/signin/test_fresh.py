"""S-22: an old session is asked again before what is grave, and nothing typed is lost by it."""

import datetime as dt
import inspect
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from emr.accounts.models import FacilitySetting, User
from emr.audit.models import AuditEvent
from emr.signin import services
from emr.signin.models import StaffSession, SwitchPin
from patients.emergency_access.models import EmergencyAccess
from signatures.sealing.models import LogExtract
from tests.emr.people import make_chi, make_department, make_facility, make_user
from tests.emr.signin.test_factors import administrator, code_of, with_app
from tests.emr.signin.test_sessions import come_in
from tests.encounters.visits.ward import admit

pytestmark = pytest.mark.django_db

# Files that hold nobody's data: an empty list, what may be ordered, the hospital's root certificate, one patient's label,
# one stay's sheets, one person's results on paper, paper that was asked for with fresh proof.
NO_EXPORT = {
    "encounters:orders:savings_file",
    "encounters:orders:table_file",
    "staff:template",
    "integrations:loading:template",
    "encounters:designing:version_file",
    "encounters:designing:draft_file",
    "tls:root",
    "encounters:visits:label_zpl",
    "encounters:documents:course_print_pdf",
    "encounters:results:result_print_pdf",
    "encounters:boards:print_pdf",
}


def grow_old(user: User) -> None:
    """The person proved who they are a while ago."""
    StaffSession.objects.filter(user=user).update(proved_at=timezone.now() - dt.timedelta(minutes=16))


def _addresses(resolver: URLResolver, before: str = "") -> list[tuple[str, Any]]:
    found = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            found.append((f"{before}{pattern.name}", pattern.callback))
        else:
            space = f"{before}{pattern.namespace}:" if pattern.namespace else before
            found += _addresses(pattern, space)
    return found


def test_every_file_to_take_away_asks_for_fresh_proof() -> None:
    """S-22: whoever writes another export is reminded here."""
    takes_away = re.compile(r"attachment;|_sheet\(|\{kind\}; filename")
    found = {
        name: callback
        for name, callback in _addresses(get_resolver())
        if takes_away.search(inspect.getsource(inspect.unwrap(callback)))
    }
    files = found.keys()
    assert {"staff:export", "signatures:sealing:take"} <= files
    careless = {name for name in files if getattr(found[name], "fresh_minutes", None) is None}
    assert careless <= NO_EXPORT
    assert files >= NO_EXPORT, "a name that is excused must be there"


@pytest.mark.parametrize(
    "address", ["/administration/staff/export/csv/", "/administration/staff/export/xlsx/"]
)
def test_an_old_session_is_asked_again_before_the_list_of_staff_is_taken_away(address: str) -> None:
    """S-22."""
    admin = administrator("quan")
    client = come_in(admin)
    assert client.get(address).status_code == 200
    grow_old(admin)
    asked = client.get(f"{address}?state=left")
    assert asked.headers["Location"] == f"/prove/?next={address.replace('/', '%2F')}%3Fstate%3Dleft"
    assert AuditEvent.objects.filter(action="staff.export").count() == 1
    assert client.post("/prove/", {"proof": "wrong", "next": address}).status_code == 422
    assert client.post("/prove/", {"proof": "benhanmo", "next": address}).headers["Location"] == address
    assert client.get(address).status_code == 200


def _auditor() -> User:
    return make_user("kt", "Huỳnh Thị Thảo", "auditor", make_department(make_facility()))


def test_an_extract_of_the_log_is_asked_for_and_taken_with_fresh_proof_and_its_words_wait() -> None:
    """S-22: the form that was sent goes on with the proof."""
    auditor = _auditor()
    client = come_in(auditor)
    client.post("/administration/audit/", {"since": "01/11/2026", "until": "02/11/2026"})
    address = "/administration/audit/extracts/"
    assert client.get(address).status_code == 200
    grow_old(auditor)
    sent = {"reason": "Khiếu nại <12/2026>", "key": "a" * 32, "password": "never on a page"}
    asked = client.post(address, sent)
    assert asked.status_code == 401
    page = asked.content.decode()
    assert "Khiếu nại &lt;12/2026&gt;" in page
    assert "never on a page" not in page
    assert not LogExtract.objects.exists()
    waits = {"resend": address, "reason": sent["reason"], "key": sent["key"]}
    again = client.post("/prove/", waits | {"proof": "wrong"})
    assert again.status_code == 422
    assert "Khiếu nại &lt;12/2026&gt;" in again.content.decode()
    gone_on = client.post("/prove/", waits | {"proof": "benhanmo"})
    assert (gone_on.status_code, gone_on.headers["Location"]) == (307, address)
    assert client.post(address, waits | {"proof": "benhanmo"}).status_code == 302
    assert LogExtract.objects.get().reason == sent["reason"]
    grow_old(auditor)
    taken = f"{address}{LogExtract.objects.get().uuid}/"
    assert client.get(taken).headers["Location"].startswith("/prove/")


def test_a_form_that_waits_goes_to_no_other_site_and_comes_from_none() -> None:
    """S-22: proof is no way around the forgery protection."""
    auditor = _auditor()
    client = Client(enforce_csrf_checks=True)
    client.force_login(auditor, backend="emr.accounts.backends.StaffBackend")
    grow_old(auditor)
    forged = client.post("/administration/audit/extracts/", {"reason": "của kẻ khác", "key": "a" * 32})
    assert "của kẻ khác" not in forged.content.decode()
    assert forged.status_code in {302, 403}
    ours = come_in(auditor)
    grow_old(auditor)
    sent = ours.post(
        "/prove/", {"proof": "benhanmo", "resend": "https://example.org/", "next": "/administration/audit/"}
    )
    assert (sent.status_code, sent.headers["Location"]) == (302, "/administration/audit/")


def test_a_key_was_the_proof_and_the_form_goes_on_without_a_word() -> None:
    """S-22: as passkey.js sends it after the key has signed."""
    auditor = _auditor()
    client = come_in(auditor)
    sent = client.post("/prove/", {"resend": "/administration/audit/extracts/", "reason": "x", "proof": ""})
    assert (sent.status_code, sent.headers["Location"]) == (307, "/administration/audit/extracts/")
    grow_old(auditor)
    assert (
        client.post("/prove/", {"resend": "/administration/audit/extracts/", "proof": ""}).status_code == 422
    )


@pytest.fixture
def glass() -> tuple[User, Client, dict[str, str]]:
    """Chi, signed in a while ago, before the glass of a patient outside her care."""
    chi, stay = make_chi(), admit()
    client = come_in(chi)
    grow_old(chi)
    page = client.post("/patients/", {"q": stay.patient.identifiers.get(is_own=True).value}).content.decode()
    mark = page.split('name="offer" value="')[1].split('"')[0]
    assert 'name="proof"' in client.post("/emergency/", {"offer": mark}).content.decode()
    return chi, client, {"offer": mark, "reason": "life-threat", "words": "Ngừng tim tại hành lang"}


def test_an_old_session_proves_itself_in_the_emergency_form_and_keeps_its_words(glass: Any) -> None:
    """S-22, S-11: no other page, nothing typed twice."""
    chi, client, sent = glass
    for word in ("", "wrong"):
        refused = client.post("/emergency/open/", sent | {"proof": word})
        assert refused.status_code == 422
        page = refused.content.decode()
        assert "Ngừng tim tại hành lang" in page
        assert re.search(r'value="life-threat"[^>]* checked', page)
    assert not EmergencyAccess.objects.exists()
    assert client.post("/emergency/open/", sent | {"proof": "benhanmo"}).status_code == 302
    assert EmergencyAccess.objects.get().user == chi


def test_the_pin_is_enough_in_a_hurry_and_makes_the_session_no_fresher(glass: Any) -> None:
    """S-22."""
    chi, client, sent = glass
    services.keep_pin(user=chi, pin="739105")
    assert client.post("/emergency/open/", sent | {"proof": "739106"}).status_code == 422
    assert AuditEvent.objects.filter(action="switch_pin.refuse", agent_id=chi.pk, outcome="denied").exists()
    assert client.post("/emergency/open/", sent | {"proof": "739105"}).status_code == 302
    assert EmergencyAccess.objects.count() == 1
    assert not StaffSession.objects.get(user=chi).is_fresh(15, timezone.now())


def test_guesses_at_the_pin_are_counted_there_too(glass: Any) -> None:
    """S-21, S-22."""
    chi, client, sent = glass
    services.keep_pin(user=chi, pin="739105")
    for _ in range(SwitchPin.GUESS_LIMIT):
        client.post("/emergency/open/", sent | {"proof": "111222"})
    assert client.post("/emergency/open/", sent | {"proof": "739105"}).status_code == 422
    assert not EmergencyAccess.objects.exists()


def test_a_role_that_must_have_a_second_factor_proves_it_here_too(glass: Any) -> None:
    """S-22."""
    chi, client, sent = glass
    services.keep_pin(user=chi, pin="739105")
    with_app(chi)
    FacilitySetting.objects.create(facility=chi.facility, name="second_factor_roles", value=["doctor"])
    for word in ("739105", "benhanmo"):
        assert client.post("/emergency/open/", sent | {"proof": word}).status_code == 422
    assert client.post("/emergency/open/", sent | {"proof": code_of(chi)}).status_code == 302


def test_who_has_just_signed_in_types_nothing_more() -> None:
    """S-22: two clicks and the reason, as before."""
    chi, stay = make_chi(), admit()
    client = come_in(chi)
    page = client.post("/patients/", {"q": stay.patient.identifiers.get(is_own=True).value}).content.decode()
    mark = page.split('name="offer" value="')[1].split('"')[0]
    assert 'name="proof"' not in client.post("/emergency/", {"offer": mark}).content.decode()
    sent = {"offer": mark, "reason": "life-threat", "words": "Ngừng tim"}
    assert client.post("/emergency/open/", sent).status_code == 302


def test_a_code_of_the_app_and_a_pin_have_the_same_shape_and_both_work(glass: Any) -> None:
    """S-22: who has both types either."""
    chi, client, sent = glass
    services.keep_pin(user=chi, pin="739105")
    with_app(chi)
    assert client.post("/emergency/open/", sent | {"proof": code_of(chi)}).status_code == 302
