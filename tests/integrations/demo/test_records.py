"""The demo's records: one in each state, and a lending that waits."""

import pytest

from encounters.records.models import Loan, RecordFault
from encounters.visits.codes import RecordState
from encounters.visits.models import Encounter
from integrations.demo import hospital, records
from tests.encounters.chart import load_forms
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def test_a_record_in_each_state() -> None:
    load_forms()
    facility = hospital.build_facility()
    people = hospital.build_people(facility)
    for letter in "ABCDEFGHIJK":
        make_patient(f"Nguyễn Văn {letter}", facility=facility)
    records.build(facility, people)
    states = list(Encounter.objects.values_list("record_state", flat=True))
    assert set(states) == set(RecordState.values)
    assert len(states) == 11
    assert RecordFault.objects.count() == 2
    assert Loan.objects.get().status == "asked"
