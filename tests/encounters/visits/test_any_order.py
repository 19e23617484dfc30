"""Any sequence of verbs, possible or not, keeps the invariants of a ward."""

import datetime as dt
import itertools

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from emr.common.errors import DomainError
from encounters.visits import services
from encounters.visits.details import DeathDetails
from encounters.visits.models import AdmissionEntry, Encounter, EncounterLocation
from patients.registry.models import CareContext
from tests.encounters.visits.ward import INTERNAL, SURGERY, department, make_bed
from tests.patients.people import make_patient

PEOPLE, BEDS = 2, ["01", "02"]
people, beds = st.integers(0, PEOPLE - 1), st.sampled_from([None, *BEDS])
wards = st.sampled_from([INTERNAL, SURGERY])
minutes = st.integers(-3, 30)


class Ward(RuleBasedStateMachine):
    """Two people, two wards, two beds in each; time mostly goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.patients = [make_patient(f"Người Bệnh {number}") for number in range(PEOPLE)]
        self.clock = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=20)

    def at(self, minutes: int) -> dt.datetime:
        moment = self.clock + dt.timedelta(minutes=minutes)
        self.clock = max(self.clock, moment)
        return moment

    def stay(self, who: int, *, last: bool = False) -> Encounter | None:
        stays = Encounter.objects.filter(patient=self.patients[who])
        if not last:
            stays = stays.filter(status="in-progress")
        return stays.order_by("-pk").first()

    def attempt(self, verb: object, **told: object) -> None:
        if "encounter" in told and told["encounter"] is None:
            return
        try:
            verb(by=None, late_reason="Mất điện", **told) if verb in _TIMED else verb(by=None, **told)  # type: ignore[operator]
        except DomainError as refusal:
            assert str(refusal)

    @rule(who=people, ward=wards, m=minutes)
    def come(self, who: int, ward: tuple[str, str], m: int) -> None:
        self.attempt(
            services.start_visit, patient=self.patients[who], department=department(ward),
            encounter_class="EMER", at=self.at(m),
        )  # fmt: skip

    @rule(who=people, ward=wards, bed=beds, m=minutes, from_visit=st.booleans())
    def admit(self, who: int, ward: tuple[str, str], bed: str | None, m: int, from_visit: bool) -> None:
        self.attempt(
            services.admit, patient=self.patients[who], department=department(ward),
            bed=bed and make_bed(bed, ward), at=self.at(m), visit=self.stay(who) if from_visit else None,
        )  # fmt: skip

    @rule(who=people, ward=wards, bed=beds, m=minutes)
    def transfer(self, who: int, ward: tuple[str, str], bed: str | None, m: int) -> None:
        self.attempt(
            services.transfer, encounter=self.stay(who), department=department(ward),
            bed=bed and make_bed(bed, ward), at=self.at(m),
        )  # fmt: skip

    @rule(who=people, keep_bed=st.booleans())
    def take_transfer_back(self, who: int, keep_bed: bool) -> None:
        self.attempt(services.cancel_transfer, encounter=self.stay(who), reason="Nhầm", keep_bed=keep_bed)

    @rule(who=people, m=minutes, outcome=st.sampled_from(["1", "4", "5"]))
    def discharge(self, who: int, m: int, outcome: str) -> None:
        at = self.at(m)
        death = DeathDetails(died_at=at) if outcome == "5" else None
        self.attempt(
            services.discharge,
            encounter=self.stay(who),
            at=at,
            outcome=outcome,
            disposition="home",
            death=death,
        )

    @rule(who=people, keep_bed=st.booleans())
    def take_discharge_back(self, who: int, keep_bed: bool) -> None:
        self.attempt(
            services.cancel_discharge, encounter=self.stay(who, last=True), reason="Nhầm", keep_bed=keep_bed
        )

    @rule(who=people)
    def take_admission_back(self, who: int) -> None:
        self.attempt(services.cancel_admission, encounter=self.stay(who), reason="Nhầm")

    @rule(who=people)
    def take_visit_back(self, who: int) -> None:
        self.attempt(services.cancel_visit, encounter=self.stay(who), reason="Nhầm")

    @invariant()
    def register_has_no_gaps(self) -> None:
        sequences = list(
            AdmissionEntry.objects.order_by("year", "sequence").values_list("sequence", flat=True)
        )
        assert sequences == list(range(1, len(sequences) + 1))

    @invariant()
    def everybody_is_where_the_stay_says(self) -> None:
        for stay in Encounter.objects.all():
            places = list(
                EncounterLocation.objects.filter(encounter=stay, cancelled_at=None).order_by(
                    "starts_at", "pk"
                )
            )
            open_places = [place for place in places if place.ends_at is None]
            assert len(open_places) == (1 if stay.is_open else 0)
            if open_places:
                assert open_places[0].department_id == stay.department_id
                assert places[-1] == open_places[0]
            assert all(
                a.ends_at is not None and a.ends_at <= b.starts_at for a, b in itertools.pairwise(places)
            )
            caring = CareContext.objects.filter(source=f"encounter:{stay.pk}", ends_at=None)
            assert [care.department_id for care in caring] == ([stay.department_id] if stay.is_open else [])

    @invariant()
    def numbers_and_classes_agree(self) -> None:
        for stay in Encounter.objects.all():
            valid = stay.admission_entries.filter(cancelled_at=None).count()
            counted = stay.is_inpatient and stay.status != "entered-in-error"
            assert valid == (1 if counted else 0)
            assert bool(stay.admission_number) == stay.is_inpatient

    @invariant()
    def the_dead_have_no_running_death_but_one(self) -> None:
        for patient in self.patients:
            patient.refresh_from_db()
            told = [d for e in patient.encounters.all() for d in e.deaths.filter(voided_at=None)]
            if not told:
                assert patient.deceased_at is None
            else:
                assert patient.deceased_at in [death.died_at for death in told]


_TIMED = (services.start_visit, services.admit, services.transfer, services.discharge)


class TestAnyOrder(TestCase):
    """Each example runs in a transaction of its own."""

    def test_any_sequence_of_verbs_keeps_the_invariants(self) -> None:
        class Fresh(Ward):
            def __init__(self) -> None:
                from django.db import transaction  # noqa: PLC0415

                self.undo = transaction.atomic()
                self.undo.__enter__()
                super().__init__()

            def teardown(self) -> None:
                from django.db import transaction  # noqa: PLC0415

                transaction.set_rollback(True)
                self.undo.__exit__(None, None, None)

        run_state_machine_as_test(
            Fresh,
            settings=settings(
                max_examples=15,
                stateful_step_count=14,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )


pytestmark = pytest.mark.django_db
