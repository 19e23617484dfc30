"""Years of finished visits, and today's inpatients at every stage, made through the same services as the pages use."""

import datetime as dt
import random
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from emr.accounts.models import Location, Organization, User
from emr.common.clock import now
from emr.terminology.selectors import displays
from encounters.documents import services as documents
from encounters.documents.models import Document, DocumentDraft
from encounters.orders.selectors.checking import unanswered
from encounters.orders.selectors.earlier import undecided
from encounters.orders.services import add_medication, add_service, answer_check, decide_repeat
from encounters.visits import services as visits
from encounters.visits.models import Condition, Encounter, EncounterLocation
from encounters.visits.record_types import usual_record_type
from integrations.demo.cases import CASES, Case
from integrations.demo.rounds import LATE, build_rounds
from patients.registry.models import Patient


def build_history(
    patients: list[Patient], departments: dict[str, Organization], chance: random.Random
) -> int:
    """Finished visits over the last years, written straight into the tables; returns how many."""
    facility, outpatient = patients[0].facility, departments["K01"]
    names = displays([("icd10", case.code) for case in CASES])
    stays: list[Encounter] = []
    cases: list[Case] = []
    who = [patient for patient in patients for _ in range(chance.randrange(0, 6))]
    for patient, number in zip(who, _visit_numbers(len(who)), strict=True):
        started = now() - dt.timedelta(days=chance.randrange(20, 1500), hours=chance.randrange(1, 9))
        case = chance.choice(CASES)
        cases.append(case)
        stays.append(
            Encounter(
                facility=facility,
                patient=patient,
                encounter_class="AMB",
                arrival_class="AMB",
                status="finished",
                identifier=f"DC{number:09d}",
                started_at=started,
                ended_at=started + dt.timedelta(hours=2),
                entered_at=started,
                department=outpatient,
                reason=case.reason,
                payer="BHYT",
                outcome="2",
                disposition="home",
            )
        )
    Encounter.objects.bulk_create(stays)
    EncounterLocation.objects.bulk_create(
        EncounterLocation(
            facility=facility,
            encounter=stay,
            department=outpatient,
            starts_at=stay.started_at,
            ends_at=stay.ended_at,
        )
        for stay in stays
    )
    Condition.objects.bulk_create(
        Condition(
            facility=facility,
            encounter=stay,
            patient_id=stay.patient_id,
            department=outpatient,
            role="discharge-main",
            code=case.code,
            text=names.get(("icd10", case.code), case.reason),
            asserted_at=stay.started_at,
        )
        for stay, case in zip(stays, cases, strict=True)
    )
    return len(stays)


def _visit_numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('visits_encounter_identifier') FROM generate_series(1, %s)", [count])
        return [number for (number,) in cursor.fetchall()]


def _fits(patient: Patient, case: Case) -> bool:
    """Children lie in paediatrics, women in obstetrics, the others elsewhere."""
    age = timezone.localdate().year - (patient.birth_year or 0)
    if case.department == "K18":
        return 1 <= age <= 14
    if case.department == "K27":
        return patient.sex == "female" and 18 <= age <= 42
    return age > 16


def build_inpatients(
    patients: list[Patient],
    count: int,
    departments: dict[str, Organization],
    people: dict[str, User],
    chance: random.Random,
) -> list[Document]:
    """Today's wards: `count` inpatients. Returns the entries that were confirmed, oldest first."""
    beds = {
        code: list(Location.objects.filter(department=department, kind="bed").order_by("position"))
        for code, department in departments.items()
    }
    confirmed: list[Document] = []
    waiting = list(patients)
    for index in range(count):
        wanted = CASES[index % len(CASES)]
        patient = next((person for person in waiting if _fits(person, wanted)), None)
        if patient is None:
            continue
        waiting.remove(patient)
        days = chance.randrange(0, len(wanted.course))
        encounter = _admit(patient, wanted, days, departments, beds, people, chance)
        build_rounds(encounter, days, index, people, chance)
        if wanted.department in {"K03", "K19"}:
            doctor = people["bacsi"] if wanted.department == "K03" else people["bacsi2"]
            confirmed += _entries(encounter, wanted, days, doctor, leave_today=index % 3 == 0)
    return confirmed


def _admit(  # noqa: PLR0917  the demo's cast
    patient: Patient,
    case: Case,
    days: int,
    departments: dict[str, Organization],
    beds: dict[str, list[Location]],
    people: dict[str, User],
    chance: random.Random,
) -> Encounter:
    at = (now() - dt.timedelta(days=days, hours=chance.randrange(2, 7))).replace(second=0, microsecond=0)
    born = patient.birth_date
    if born is not None and at.date() <= born:
        at = now() - dt.timedelta(minutes=30)
    late = LATE if now() - at > dt.timedelta(hours=12) else ""
    doctor = people["bacsi2"] if case.department == "K19" else people["bacsi"]
    encounter = visits.admit(
        patient=patient,
        department=departments[case.department],
        by=people["tiepdon"],
        bed=beds[case.department].pop(0),
        at=at,
        late_reason=late,
        attending=doctor,
        reason=case.reason,
        admission_source="2",
        referral_source="2",
        times_admitted=1,
        payer="BHYT",
        record_type=usual_record_type(departments[case.department], age_months=None, diagnosis=case.code),
    )
    visits.record_diagnosis(
        encounter=encounter, role="department", by=doctor, code=case.code, at=at, late_reason=late
    )
    return encounter


def _entries(
    encounter: Encounter, case: Case, days: int, doctor: User, *, leave_today: bool
) -> list[Document]:
    confirmed: list[Document] = []
    names = displays(
        [("medicine", m[0]) for m in case.medicines]
        + [("laboratory-test", t) for t in case.tests]
        + [("icd10", case.code)]
    )
    title = names.get(("icd10", case.code), case.reason)
    for index in range(days + 1):
        day = days - index
        at = max(now() - dt.timedelta(days=day, minutes=40), encounter.started_at + dt.timedelta(minutes=5))
        document = documents.begin_document(
            encounter=encounter,
            code="36/BV2",
            by=doctor,
            happened_at=at.replace(second=0, microsecond=0),
            late_reason=LATE if day else "",
        )
        if index:
            documents.copy_earlier(document=document, by=doctor)
        else:
            for code, unit, route, times, day_number in case.medicines:
                add_medication(
                    entry=document,
                    by=doctor,
                    code=code,
                    text=names.get(("medicine", code), code),
                    dose=Decimal(1),
                    dose_unit=unit,
                    route=route,
                    times_per_day=times,
                    day_number=day_number,
                )
            for code in case.tests:
                add_service(
                    entry=document,
                    by=doctor,
                    category="laboratory",
                    code=code,
                    text=names.get(("laboratory-test", code), code),
                )
            add_service(entry=document, by=doctor, category="care-level", code="2", text="Chăm sóc cấp II")
            add_service(entry=document, by=doctor, category="diet", code="BT02", text="Cháo thường")
        draft = DocumentDraft.objects.get(document=document)
        local = timezone.localtime(document.happened_at)
        fields = {
            "a/when.at/0": [f"{local:%d/%m/%Y %H:%M}"],
            "a/course.text/0": [case.course[min(index, len(case.course) - 1)]],
            "a/course.diagnosis.code/0": [case.code],
            "a/course.diagnosis.code/0/shown": [title],
            "a/course.diagnosis.code/0/chosen": [title],
        }
        draft = documents.save_draft(document=document, fields=fields, revision=draft.revision, by=doctor)
        if day == 0 and leave_today:
            continue
        _answer(document, doctor)
        documents.finalize_document(document=document, revision=draft.revision, by=doctor)
        confirmed.append(document)
    return confirmed


def _answer(entry: Document, doctor: User) -> None:
    """What the checks ask of the entry, as a doctor would answer."""
    for alert in unanswered(entry):
        answer_check(
            entry=entry,
            order_uuid=alert.order_uuid,
            key=alert.key,
            reason="Đã cân nhắc lợi ích và nguy cơ, theo dõi sát",
            by=doctor,
        )
    for repeat in undecided(entry):
        decide_repeat(
            entry=entry,
            order_uuid=repeat.order_uuid,
            decision="repeat",
            reason="Diễn biến lâm sàng thay đổi",
            by=doctor,
        )
