"""Older news never overwrites newer, and a field left empty is no news of it (F-17)."""

from datetime import timedelta

import pytest

from integrations.his.models import Freshness
from integrations.his.services.freshness import stamp
from integrations.transport.models import MessageState
from tests.encounters.visits.ward import know
from tests.integrations.conftest import Send, instant, state
from tests.integrations.his.test_applying import APPLIED, SUPERSEDED, message, the_patient, the_stay

pytestmark = pytest.mark.django_db


def test_an_older_message_fills_what_the_newer_left_empty(send: Send) -> None:
    """HL7 v2.5.1, 2.5.3: an empty field says nothing, so it is no news of that field; `""` is."""
    send(message("A04", 9, patient_class="O", place="K01"))
    send(message("A08", 1, patient_class="O", place="K01", name="Mới^Nhất", pid_extra='||||||""|'))
    late = send(
        message(
            "A08",
            3,
            patient_class="O",
            place="K01",
            name="Cũ^Hơn",
            pid_extra="|||12 Lê Lợi||0903123456|0281234567",
        )
    )
    assert state(late) == APPLIED
    patient = the_patient()
    assert (patient.full_name, patient.phone, patient.address_line) == ("Mới Nhất", "0903123456", "12 Lê Lợi")
    assert patient.other_phone == "", "what was deleted later stays deleted"
    remark = MessageState.objects.get(message=late).remarks
    assert "PID-5" in str(remark)
    assert "PID-13" not in str(remark)


def test_a_diagnosis_that_came_late_is_kept_where_nothing_newer_was_said_of_it(send: Send) -> None:
    """DG1 left out says nothing; an admission diagnosis isn't old for a final one's sake."""
    know("J18.9", "Viêm phổi")
    know("I10", "Tăng huyết áp")
    send(message("A01", 9))
    send(message("A08", 2))
    send(message("A08", 1, extra="DG1|1||I10^Tăng huyết áp|||F|||||||||1"))
    send(message("A08", 4, extra="DG1|1||J18.9^Viêm phổi|||A"))
    send(
        message("A08", 5, extra="DG1|1||I10^Tăng huyết áp|||A")
    )  # older than the admission diagnosis that is there
    told = the_stay().conditions.filter(status="confirmed").values_list("role", "code")
    assert sorted(told) == [("admission", "J18.9"), ("discharge-main", "I10")]


def test_what_was_stamped_for_all_fields_together_counts_on(send: Send) -> None:
    """Rows of the version before, which kept one time for all of PID."""
    send(message("A28", 9))
    former = Freshness.objects.filter(group="name").get()
    Freshness.objects.exclude(pk=former.pk).delete()
    Freshness.objects.filter(pk=former.pk).update(group="demographics", happened_at=instant(2))
    assert state(send(message("A31", 4, name="Cũ^Hơn", pid_extra="|||12 Lê Lợi"))) == SUPERSEDED
    assert the_patient().address_line == ""
    send(message("A31", 1, name="Mới^Nhất"))
    assert the_patient().full_name == "Mới Nhất"


def test_two_workers_who_stamp_at_once_leave_the_newer_time(send: Send) -> None:
    """Between looking and stamping another message may have been applied."""
    send(message("A28", 1))
    known = Freshness.objects.get(group="name")
    older = known.happened_at - timedelta(hours=3)
    stamp(known.subject, known.subject_id, known.group, older, known.message)
    assert Freshness.objects.get(pk=known.pk).happened_at == known.happened_at
