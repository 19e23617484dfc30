"""A merge is a link: whatever order of merges, undoings and new entries, un-merging restores exactly."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from emr.common.errors import DomainError
from patients.history.models import Condition
from patients.history.services import record_problem
from patients.registry.access import same_person_ids
from patients.registry.models import Identifier, MergeLink, Patient
from patients.registry.services import merge_patients, unmerge_patients
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def test_oneself_a_circle_and_a_second_merge_are_refused() -> None:
    a, b, c = (make_patient(name) for name in ("An", "Bình", "Chi"))
    with pytest.raises(DomainError):
        merge_patients(survivor=a, duplicate=a, by=None, reason="x")
    merge_patients(survivor=b, duplicate=a, by=None, reason="x")
    merge_patients(survivor=c, duplicate=b, by=None, reason="x")
    for survivor, duplicate in ((a, b), (a, c), (b, c), (c, a)):
        with pytest.raises(DomainError):
            merge_patients(survivor=survivor, duplicate=duplicate, by=None, reason="x")
    with pytest.raises(DomainError):
        merge_patients(survivor=c, duplicate=make_patient("Dung"), by=None, reason="  ")
    assert MergeLink.objects.count() == 2


def test_a_chain_is_one_person_and_its_middle_can_leave_with_its_own() -> None:
    a, b, c = (make_patient(name) for name in ("An", "Bình", "Chi"))
    merge_patients(survivor=b, duplicate=a, by=None, reason="x")
    upper = merge_patients(survivor=c, duplicate=b, by=None, reason="x")
    for patient in (a, b, c):
        patient.refresh_from_db()
        assert same_person_ids(patient) == [c.pk, a.pk, b.pk]
    unmerge_patients(link=upper, by=None, reason="y")
    for patient, person in ((a, [b.pk, a.pk]), (b, [b.pk, a.pk]), (c, [c.pk])):
        patient.refresh_from_db()
        assert same_person_ids(patient) == person
    with pytest.raises(DomainError):
        unmerge_patients(link=upper, by=None, reason="y")


def test_a_merge_into_a_merged_record_goes_to_its_survivor() -> None:
    a, b, c = (make_patient(name) for name in ("An", "Bình", "Chi"))
    merge_patients(survivor=b, duplicate=a, by=None, reason="x")
    link = merge_patients(survivor=a, duplicate=c, by=None, reason="x")
    assert link.survivor == b


_COLUMNS = [f.attname for f in Patient._meta.concrete_fields if f.name not in {"merged_into", "version"}]


class Merging(RuleBasedStateMachine):
    """Five rows; a model of who is linked to whom in plain dictionaries."""

    @initialize()
    def people(self) -> None:
        Condition.objects.all().delete()
        MergeLink.objects.all().delete()
        self.rows = [make_patient(f"Người {n}") for n in range(5)]
        self.links: dict[int, int] = {}
        self.entries: dict[int, set[int]] = {p.pk: set() for p in self.rows}
        self.as_they_were = self._state()

    def _state(self) -> list[dict[str, Any]]:
        return list(Patient.objects.filter(pk__in=[p.pk for p in self.rows]).order_by("pk").values(*_COLUMNS))

    def _root(self, pk: int) -> int:
        while pk in self.links:
            pk = self.links[pk]
        return pk

    @rule(survivor=st.integers(0, 4), duplicate=st.integers(0, 4))
    def merge(self, survivor: int, duplicate: int) -> None:
        a, b = self.rows[survivor], self.rows[duplicate]
        allowed = b.pk not in self.links and self._root(a.pk) != b.pk
        try:
            with transaction.atomic():
                merge_patients(survivor=a, duplicate=b, by=None, reason="x")
        except DomainError:
            assert not allowed
        else:
            assert allowed
            self.links[b.pk] = self._root(a.pk)

    @rule(which=st.integers(0, 4))
    def unmerge(self, which: int) -> None:
        pk = self.rows[which].pk
        link = MergeLink.objects.filter(duplicate_id=pk, undone_at=None).first()
        assert (link is not None) == (pk in self.links)
        if link is not None:
            unmerge_patients(link=link, by=None, reason="y")
            del self.links[pk]

    @rule(which=st.integers(0, 4))
    def new_entry(self, which: int) -> None:
        patient = self.rows[which]
        entry = record_problem(
            patient=patient, text=f"Bệnh {Condition.objects.count()} {patient.pk}", by=None
        )
        self.entries[patient.pk].add(entry.pk)

    @invariant()
    def pointers_follow_the_links(self) -> None:
        for patient in self.rows:
            patient.refresh_from_db()
            assert patient.root_id == self._root(patient.pk)
            together = {p.pk for p in self.rows if self._root(p.pk) == patient.root_id}
            assert set(same_person_ids(patient)) == together

    @invariant()
    def nothing_else_was_touched(self) -> None:
        assert self._state() == self.as_they_were
        for patient in self.rows:
            own = Condition.objects.filter(patient=patient).values_list("pk", flat=True)
            assert set(own) == self.entries[patient.pk]
        assert Identifier.objects.filter(patient__in=self.rows).count() == len(self.rows)


def test_any_order_of_merges_undoings_and_entries_restores_exactly() -> None:
    run_state_machine_as_test(
        Merging, settings=settings(max_examples=15, stateful_step_count=14, deadline=None, database=None)
    )
