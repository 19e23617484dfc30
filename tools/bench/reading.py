"""(a) search, (b) chart, (c) both from a small to a large hospital.

The query is compared with the fastest of several statements written by hand that bring the same rows home; a page,
with session, rights, audit and the parts that it loads by itself, with the bare view's CPU.
"""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import connection
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
from tools.bench.report import Cost, Report, cost_of

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
    """One size of hospital: cost of each search by hand and ours, of the pages, of the floor."""

    best: dict[str, float]
    ours: dict[str, float]
    search: dict[str, Cost]
    chart: Cost
    chart_queries: int
    bare: Cost


def read(clerk: User, doctor: User, patient: Patient) -> Reading:
    """Measure now."""
    with bare_site() as site:
        bare = cost_of(lambda: request(site, "GET", f"/bare/{patient.pk}/"), times=300, warm=50)
    best, ours, pages = {}, {}, {}
    desk = Browser(clerk)
    for text in TERMS:
        statements = by_hand(text, clerk.facility_id)
        best[text] = min(cost_of(lambda s=s, p=p: run(s, p), times=40).wall for s, p in statements)
        sql, params = our_query(clerk, text)
        ours[text] = cost_of(lambda sql=sql, params=params: run(sql, params), times=40).wall
        fields = {"q": text}
        pages[text] = cost_of(lambda fields=fields: desk.post("/patients/", fields, HTTP_HX_REQUEST="true"))
    ward = Browser(doctor)
    address = f"/patients/{patient.uuid}/"
    chart = cost_of(lambda: ward.open(address))
    return Reading(best, ours, pages, chart, queries_of(lambda: ward.open(address)), bare)


def tell(report: Report, size: int, reading: Reading) -> None:
    """(a) and (b) at one size."""
    bare = f"{reading.bare.cpu:.2f} ms CPU"
    for text in TERMS:
        ours, best, page = reading.ours[text], reading.best[text], reading.search[text]
        what = f"“{text}” among {size:,}"
        report.add("a", f"query {what}", f"{ours:.2f} ms", f"{best:.2f} ms", ours / best, 1.5)
        report.add("a", f"page {what}", f"{page.cpu:.2f} ms CPU", bare, page.cpu / reading.bare.cpu, 15)
    what = f"{ENCOUNTERS} encounters, {size:,} patients"
    chart = reading.chart
    report.add("b", f"chart of {what}", f"{chart.cpu:.2f} ms CPU", bare, chart.cpu / reading.bare.cpu, 25)
    report.add("b", "its queries, all parts", str(reading.chart_queries), "", reading.chart_queries, 12)


def tell_growth(report: Report, small: Reading, large: Reading) -> None:
    """(c): what grows with the hospital is the database's share alone."""
    for text in TERMS:
        raw = large.best[text] / small.best[text]
        page = large.search[text].wall / small.search[text].wall
        report.add("c", f"page “{text}”, growth", f"{page:.2f}×", f"{raw:.2f}×", page / max(raw, 1.0), 1.15)
    raw = large.bare.wall / small.bare.wall
    chart = large.chart.wall / small.chart.wall
    report.add("c", "chart, growth", f"{chart:.2f}×", f"{raw:.2f}×", chart / max(raw, 1.0), 1.15)
