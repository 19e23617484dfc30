"""(a) search, (b) chart, (c) both from a small to a large hospital.

The query is compared with the fastest of several statements written by hand that bring the same rows home; a page,
with session, rights, audit and the parts that it loads by itself, with the bare view's CPU.
"""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from emr.accounts.models import Organization, User
from encounters.documents.models import Document
from encounters.results.models import Observation
from encounters.visits.models import Condition, Encounter
from integrations.demo.population import copy_rows
from patients.registry.models import CareContext, Patient
from patients.registry.selectors import PAGE, find_matching, with_row_facts
from patients.registry.terms import parse_terms
from tools.bench.pages import Browser, bare_site, queries_of, request
from tools.bench.report import Cost, Report, costs_in_turn

# Every word of a name has its own frequency: all, some, hardly anybody; then numbers.
TERMS = ("nguyen thi", "hoa tran", "on lo van", "dao bich 1961", "00004711", "99910612")
ENCOUNTERS, YEARS = 500, 10

_COLUMNS = ", ".join(f'p."{field.column}"' for field in Patient._meta.concrete_fields)
_FACTS = """
(SELECT i.value FROM registry_identifier i WHERE i.patient_id = p.id AND i.is_own AND i.is_active
   AND i.system LIKE 'urn:benhanmo:mrn:%%' ORDER BY i.id LIMIT 1),
(SELECT o.name FROM registry_carecontext c JOIN accounts_organization o ON o.id = c.department_id
  WHERE c.patient_id = p.id ORDER BY c.starts_at DESC, c.id DESC LIMIT 1)
"""
_WHOLE = f"SELECT {_COLUMNS}, {_FACTS} FROM registry_patient p WHERE p.facility_id = %s"  # noqa: S608  our own
_LAST = f" ORDER BY p.id DESC LIMIT {PAGE + 1}"

_NUMBERS = [
    "SELECT patient_id FROM registry_identifier WHERE facility_id = %s AND value LIKE %s",
    "SELECT id FROM registry_patient WHERE facility_id = %s AND phone_digits <> '' AND phone_digits LIKE %s",
    "SELECT patient_id FROM visits_encounter WHERE facility_id = %s AND identifier LIKE %s",
    *(
        f"SELECT patient_id FROM visits_encounter WHERE facility_id = %s AND {name} <> '' AND {name} LIKE %s"  # noqa: S608
        for name in ("admission_number", "archive_number")
    ),
]


def by_hand(text: str, facility_id: int) -> list[tuple[str, list[object]]]:
    """Statements that answer a search, each the best for some frequency of the words."""
    terms = parse_terms(text)
    if terms.number:
        begins = f"{terms.number}%"
        inside = " UNION ".join(_NUMBERS)
        params: list[object] = [facility_id, *[facility_id, begins] * len(_NUMBERS)]
        return [(f"{_WHOLE} AND p.id IN ({inside}){_LAST}", params)]
    conditions = " AND ' ' || search_name LIKE %s" * len(terms.words)
    words: list[object] = [f"% {word}%" for word in terms.words]
    if terms.birth_year:
        conditions += " AND birth_year = %s"
        words.append(terms.birth_year)
    inside = (
        "WITH named AS MATERIALIZED (SELECT id FROM registry_patient WHERE facility_id = %s"  # noqa: S608  our own
        f"{conditions}), newest AS (SELECT id FROM named ORDER BY id DESC LIMIT {PAGE + 1})"
        f" SELECT {_COLUMNS}, {_FACTS} FROM newest JOIN registry_patient p USING (id) ORDER BY p.id DESC"
    )
    plain = conditions.replace("search_name", "p.search_name").replace("birth_year", "p.birth_year")
    return [(_WHOLE + plain + _LAST, [facility_id, *words]), (inside, [facility_id, *words])]


def run(sql: str, params: list[object]) -> list[object]:
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def our_query(user: User, text: str) -> tuple[str, list[object]]:
    """The statement that the search box sends."""
    found = with_row_facts(find_matching(user, parse_terms(text)))
    sql, params = found.order_by("-pk")[: PAGE + 1].query.sql_with_params()
    return sql, list(params)


def heavy_patient(facility: Organization, author: User) -> Patient:
    """Somebody with ten years and five hundred visits, their diagnoses, measurements and drafts."""
    patient = Patient.objects.create(
        facility=facility, full_name="Lò Thị Bền Bỉ", sex="female", birth_date=dt.date(1950, 2, 3)
    )
    department = Organization.objects.get(parent=facility, code="K03")
    first = timezone.now() - dt.timedelta(days=YEARS * 365)
    own = {"facility_id": facility.pk, "patient_id": patient.pk, "department_id": department.pk}
    begins = [
        first + dt.timedelta(days=index * YEARS * 365 / (ENCOUNTERS + 1)) for index in range(ENCOUNTERS)
    ]
    copy_rows(
        Encounter,
        (
            own
            | {
                "uuid": uuid.uuid4(),
                "encounter_class": "AMB",
                "arrival_class": "AMB",
                "status": "finished",
                "identifier": f"H{index:06d}",
                "started_at": at,
                "ended_at": at + dt.timedelta(hours=2),
                "entered_at": at,
            }
            for index, at in enumerate(begins)
        ),
    )
    copy_rows(
        CareContext,
        (
            own | {"uuid": uuid.uuid4(), "starts_at": at, "ends_at": at + dt.timedelta(hours=2)}
            for at in begins
        ),
    )
    CareContext.objects.create(facility=facility, patient=patient, department=department)
    stays = list(Encounter.objects.filter(patient=patient))
    for stay in stays:
        stay_of = own | {"encounter_id": stay.pk}
        about = {"code": "I10", "text": "Tăng huyết áp vô căn", "asserted_at": stay.started_at}
        copy_rows(Condition, [stay_of | about | {"uuid": uuid.uuid4(), "role": "discharge-main"}])
    copy_rows(
        Document,
        (
            own
            | {
                "uuid": uuid.uuid4(),
                "encounter_id": stay.pk,
                "code": "36/BV2",
                "status": "draft",
                "author_id": author.pk,
                "happened_at": stay.started_at,
            }
            for stay in stays
        ),
    )
    observe(stays, author)
    return patient


def observe(stays: list[Encounter], author: User) -> None:
    """A pulse and a temperature at each visit."""
    Observation.objects.bulk_create(
        Observation(
            facility_id=stay.facility_id,
            patient_id=stay.patient_id,
            encounter=stay,
            code=code,
            value=value,
            unit=unit,
            effective_at=stay.started_at,
            batch=uuid.uuid4(),
            performer=author,
        )
        for stay in stays
        for code, value, unit in (("8867-4", 80, "/min"), ("8310-5", 37, "Cel"))
    )


@dataclass(frozen=True)
class Reading:
    """One size of hospital: cost of each search by hand and ours, of the pages with the floor of the same moment."""

    best: dict[str, float]
    ours: dict[str, float]
    search: dict[str, tuple[Cost, Cost]]
    chart: tuple[Cost, Cost]
    chart_queries: int


@override_settings(EMR_RATE_LIMITS=False)
def read(clerk: User, doctor: User, patient: Patient) -> Reading:
    """Measure now, faster than one person may ask."""
    site = bare_site()

    def bare() -> bytes:
        return request(site, "GET", f"/bare/{patient.pk}/")

    best, ours, pages = {}, {}, {}
    desk = Browser(clerk)
    for text in TERMS:
        sql, params = our_query(clerk, text)
        asked = [lambda s=s, p=p: run(s, p) for s, p in by_hand(text, clerk.facility_id)]
        *hands, own = costs_in_turn(*asked, lambda sql=sql, params=params: run(sql, params), times=40)
        best[text], ours[text] = min(hand.wall for hand in hands), own.wall
        fields = {"q": text}
        page, floor = costs_in_turn(
            lambda fields=fields: desk.post("/patients/", fields, HTTP_HX_REQUEST="true"), bare
        )
        pages[text] = page, floor
    ward = Browser(doctor)
    address = f"/patients/{patient.uuid}/"
    page, floor = costs_in_turn(lambda: ward.open(address), bare)
    return Reading(best, ours, pages, (page, floor), queries_of(lambda: ward.open(address)))


def tell(report: Report, size: int, reading: Reading) -> None:
    """(a) and (b) at one size."""
    for text in TERMS:
        ours, best, (page, floor) = reading.ours[text], reading.best[text], reading.search[text]
        what = f"“{text}” among {size:,}"
        report.add("a", f"query {what}", f"{ours:.2f} ms", f"{best:.2f} ms", ours / best, 1.5)
        bare = f"{floor.cpu:.2f} ms CPU"
        report.add("a", f"page {what}", f"{page.cpu:.2f} ms CPU", bare, page.cpu / floor.cpu, 15)
    what = f"{ENCOUNTERS} encounters, {size:,} patients"
    chart, floor = reading.chart
    bare = f"{floor.cpu:.2f} ms CPU"
    report.add("b", f"chart of {what}", f"{chart.cpu:.2f} ms CPU", bare, chart.cpu / floor.cpu, 25)
    report.add("b", "its queries, all parts", str(reading.chart_queries), "", reading.chart_queries, 12)


def tell_growth(report: Report, small: Reading, large: Reading) -> None:
    """(c): what grows with the hospital is the database's share alone."""
    for text in TERMS:
        raw = large.best[text] / small.best[text]
        page = large.search[text][0].wall / small.search[text][0].wall
        report.add("c", f"page “{text}”, growth", f"{page:.2f}×", f"{raw:.2f}×", page / max(raw, 1.0), 1.15)
    raw = large.chart[1].wall / small.chart[1].wall
    chart = large.chart[0].wall / small.chart[0].wall
    report.add("c", "chart, growth", f"{chart:.2f}×", f"{raw:.2f}×", chart / max(raw, 1.0), 1.15)
