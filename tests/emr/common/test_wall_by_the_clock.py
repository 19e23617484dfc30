"""What the clock, the state page and the commands do belongs to no person: it works behind the wall all the same."""

import datetime as dt
from importlib import import_module

import pytest
from django.core.management import call_command
from django.utils import timezone

from emr.audit.models import AuditEvent
from emr.audit.services import record
from emr.common import health, wall
from emr.common.measures import measures
from emr.notices.models import Notice
from emr.settings.beat import SCHEDULE
from integrations.transport import watching
from integrations.transport.demo import load as load_channels
from integrations.transport.models import DeadLetter, Message, MessageState
from patients.oversight.holds import records_still_kept
from tests.emr.people import make_department, make_facility, make_user
from tests.patients.people import in_care_of, make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def letters() -> None:
    """A dead letter in each of two hospitals."""
    for facility in (make_facility(), make_facility("11111", "Bệnh viện khác")):
        make_user(f"kien{facility.pk}", "Dương Văn Kiên", "integration", facility)
        channel = load_channels(facility)[0]
        message = Message.objects.create(
            facility=facility, channel=channel, received_at=timezone.now(), peer_address="127.0.0.1", raw=b"MSH",
            sha256="0", size=3, control_id="1", message_type="ADT^A01", duplicate_key="1", reply=b"",
        )  # fmt: skip
        MessageState.objects.create(message=message, state="dead", changed_at=timezone.now())
        DeadLetter.objects.create(message=message, reason="header")


@pytest.mark.parametrize("entry", SCHEDULE.values(), ids=list(SCHEDULE))
def test_the_clocks_tasks_run_without_a_facility_of_their_own(entry: dict[str, object]) -> None:
    module, _, name = str(entry["task"]).rpartition(".")
    arguments = entry.get("args", [])
    assert isinstance(arguments, list)
    make_patient()
    with wall.nowhere():
        getattr(import_module(module), name)(*arguments)


@pytest.mark.usefixtures("letters")
def test_each_facilitys_dead_letters_are_told_to_its_own() -> None:
    with wall.nowhere():
        watching.look()
    notices = Notice.objects.filter(kind=watching.DEAD, status="active")
    assert notices.count() == 2
    assert {notice.parameters["count"] for notice in notices} == {1}


@pytest.mark.usefixtures("letters")
def test_the_state_page_and_the_numbers_count_over_the_whole_house() -> None:
    with wall.nowhere():
        said = {one.part.name: str(one.reason) for one in health.findings()}
        counted = {one.name: list(one.read()) for one in measures()}
    assert "2" in said["messages"]
    assert counted["emr_hl7_dead_letters"] == [((), 2.0)]
    assert sum(number for _labels, number in counted["emr_hl7_received_last_hour"]) == 2


def test_no_month_of_the_log_goes_while_a_record_of_any_facility_is_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    patient = make_patient(facility=make_facility("11111", "Bệnh viện khác"))
    in_care_of(patient, make_department(patient.facility))
    record("patient.read", of=patient, patient=patient)
    around = (timezone.now() - dt.timedelta(days=1), timezone.now() + dt.timedelta(days=1))
    assert records_still_kept(*around)
    with wall.nowhere():
        assert not records_still_kept(*around), "so whoever asks has to work for all facilities"
        call_command("audit_retention")
    assert AuditEvent.objects.filter(action="wall.open", detail__job="audit_retention").exists()
