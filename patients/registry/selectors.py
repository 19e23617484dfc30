"""Questions about patients: the search of the one box, recent patients, a patient's numbers and earlier states."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection
from django.db.models import BooleanField, CharField, F, Model, Q, QuerySet, Value
from django.db.models.expressions import Func, RawSQL
from django.db.models.functions import Concat
from django.db.models.lookups import Contains

from emr.accounts import roles
from emr.accounts.models import PractitionerRole, User
from emr.audit.models import AuditEvent, RowVersion
from emr.common.clock import now
from patients.registry import permissions, systems
from patients.registry.access import patients_for, same_person
from patients.registry.labels import label, shown
from patients.registry.models import (
    CareContext,
    Confidentiality,
    Identifier,
    MergeLink,
    Patient,
    RelatedPerson,
)
from patients.registry.phones import phone_digits
from patients.registry.terms import Terms, parse_terms

PAGE = 20
_ALIKE = 0.6
_RECENT_EVENTS = 200

# (facility id, number as typed) -> queryset of one column, ids of patients: a room above knows more numbers.
NumberProvider = Callable[[int, str], QuerySet[Any, Any]]
_number_providers: dict[str, NumberProvider] = {}


def register_number_provider(name: str, find: NumberProvider) -> None:
    """Let the search box find patients by numbers of a higher room (admission number, accession …).

    `find` must answer a queryset of one column of patient ids, unevaluated: the search stays one query.
    """
    _number_providers[name] = find


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Up to 20 patients, newest first. `next_before`: send it back for the following page; None: that was all.

    `is_similar`: nothing fits exactly; these names only sound alike.
    """

    patients: list[Patient]
    next_before: int | None = None
    is_similar: bool = False


# The blank in front makes the first word one like the others.
_WORDS = Concat(Value(" "), F("search_name"))
# Fewer characters are looked up whole: the first digits of a personal number are shared by a province.
_LEAST_PREFIX = 5


def _by_number(facility_id: int, number: str) -> QuerySet[Any, Any]:
    """Ids of patients who have a number that begins so, with or without its leading zeros."""
    is_prefix = len(number) >= _LEAST_PREFIX
    values = Q(value__startswith=number) if is_prefix else Q(value=number)
    if number.isdigit() and len(number) < systems.MRN_DIGITS:
        values |= Q(value=number.zfill(systems.MRN_DIGITS))
    if (core := systems.insurance_core(number)) != number:
        values |= Q(value=core)
    found: list[QuerySet[Any, Any]] = [
        Identifier.objects.filter(values, facility_id=facility_id).values("patient_id"),
    ]
    if number.isdigit() and is_prefix:
        found.append(
            Patient.objects.filter(facility_id=facility_id, phone_digits__startswith=phone_digits(number))
            .exclude(phone_digits="")
            .values("pk")
        )
    found += [find(facility_id, number) for find in _number_providers.values()]
    return found[0].union(*found[1:])


def _one_of(ids: ArraySubquery | RawSQL) -> Func:
    """These few first, then each looked up: as a join the planner would rather walk through all patients."""
    return Func(
        F("pk"), ids, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField()
    )


# The newest so many of a name's bearers are looked at for one page; whom the person may not reach falls out of them.
_NAMED = 200


def _by_name(terms: Terms, before: int | None) -> RawSQL:
    """Ids of the facility's newest who are named so, by the function that has the index; it applies the facility itself."""
    asked = [list(terms.words), terms.birth_year, terms.birth_date, before, _NAMED]
    return RawSQL("ARRAY(SELECT registry_named(%s::text[], %s, %s::date, %s, %s))", asked)


def find_matching(user: User, terms: Terms, *, before: int | None = None) -> QuerySet[Patient]:
    """Whom the person may find that fits, unevaluated; `before`: only older rows than this one."""
    patients = patients_for(user, permissions.SEARCH)
    if before is not None:
        patients = patients.filter(pk__lt=before)
    if terms.number:
        patients = patients.filter(_one_of(ArraySubquery(_by_number(user.facility_id, terms.number))))
    elif _reaches_all(user):
        return patients.filter(_one_of(_by_name(terms, before)))
    for word in terms.words:
        patients = patients.filter(Contains(_WORDS, f" {word}"))
    if terms.birth_year is not None:
        patients = patients.filter(birth_year=terms.birth_year)
    if terms.birth_date is not None:
        patients = patients.filter(birth_date=terms.birth_date)
    return patients


def _reaches_all(user: User) -> bool:
    """Whether the search goes through the whole facility: a department's few are read one by one."""
    return user.departments_for(permissions.SEARCH) == roles.EVERYWHERE


_ROW_MRN = """(
    SELECT i.value FROM registry_identifier i
    WHERE i.patient_id = registry_patient.id AND i.is_own AND i.is_active AND i.system LIKE %s
    ORDER BY i.id LIMIT 1)"""
_ROW_SURVIVOR = "(SELECT m.full_name FROM registry_patient m WHERE m.id = registry_patient.merged_into_id)"
# Where a restricted patient lies tells why: left out of rows altogether.
_ROW_DEPARTMENT = """(
    SELECT o.name FROM registry_carecontext c JOIN accounts_organization o ON o.id = c.department_id
    WHERE c.patient_id = registry_patient.id AND registry_patient.confidentiality = %s
    ORDER BY c.starts_at DESC, c.id DESC LIMIT 1)"""


def with_row_facts(patients: QuerySet[Patient]) -> QuerySet[Patient]:
    """Add what a row of a list shows: `mrn`, `last_department`, and `survivor_name` where merged.

    Written out: putting these together through the ORM took a fifth of a search's CPU.
    """
    own, shown_of = f"{systems.MRN_PREFIX}%", Confidentiality.NORMAL.value
    return patients.annotate(
        survivor_name=RawSQL(_ROW_SURVIVOR, [], output_field=CharField()),  # nosec B611 # noqa: S611
        mrn=RawSQL(_ROW_MRN, [own], output_field=CharField()),  # nosec B611 # noqa: S611
        last_department=RawSQL(_ROW_DEPARTMENT, [shown_of], output_field=CharField()),  # nosec B611 # noqa: S611
    )


def search_patients(user: User, text: str, *, before: int | None = None) -> SearchPage:
    """Find by words of the name in any order (beginnings, with or without accents), any number, birth.

    One query; where nothing fits, a second one by likeness. Never counts, never leaves the person's reach.
    """
    terms = parse_terms(text)
    if terms.is_empty:
        return SearchPage([])
    found = find_matching(user, terms, before=before)
    rows = list(with_row_facts(found).order_by("-pk")[: PAGE + 1])
    if rows or before is not None or not terms.words or terms.number:
        more = len(rows) > PAGE
        return SearchPage(rows[:PAGE], rows[PAGE - 1].pk if more else None)
    alike = _sounding_like(user, terms)
    return SearchPage(alike, is_similar=bool(alike))


def _sounding_like(user: User, terms: Terms) -> list[Patient]:
    """The names most like the words, from the whole facility's index or the few of a department; one query."""
    wanted = " ".join(terms.words)
    alike = patients_for(user, permissions.SEARCH)
    alike = alike.annotate(likeness=TrigramWordSimilarity(wanted, "search_name"))
    if _reaches_all(user):
        asked = [wanted, terms.birth_year, _NAMED]
        alike = alike.filter(_one_of(RawSQL("ARRAY(SELECT registry_alike(%s, %s, %s))", asked)))
    else:
        alike = alike.filter(likeness__gte=_ALIKE)
        if terms.birth_year is not None:
            alike = alike.filter(birth_year=terms.birth_year)
    return list(with_row_facts(alike.order_by("-likeness", "-pk"))[:PAGE])


def recent_patients(user: User, limit: int = 10) -> list[Patient]:
    """The patients whose charts this person opened last, newest first; two queries."""
    seen = (
        AuditEvent.objects.filter(agent_id=user.pk, patient_id__isnull=False, outcome="success")
        .order_by("-recorded_at")
        .values_list("patient_id", flat=True)[:_RECENT_EVENTS]
    )
    order = {pk: place for place, pk in reversed(list(enumerate(seen))) if pk is not None}
    if not order:
        return []
    first = sorted(order, key=lambda pk: order[pk])[: 2 * limit]
    reach = patients_for(user, permissions.SEARCH).filter(pk__in=first, merged_into=None)
    return sorted(with_row_facts(reach), key=lambda p: order[p.pk])[:limit]


def named_people(patient: Patient) -> list[User]:
    """Who sees a restricted chart by name."""
    named = CareContext.objects.filter(
        patient__in=same_person(patient), reason=CareContext.NAMED, ends_at=None
    )
    return list(User.objects.filter(pk__in=named.values("practitioner")).order_by("sort_key"))


def colleagues_around(patient: Patient) -> list[User]:
    """The clinical staff of the departments that care for the patient now, without who is named already."""
    caring = CareContext.objects.filter(
        patient__in=same_person(patient), department__isnull=False, ends_at=None
    )
    moment = now()
    held = PractitionerRole.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=moment),
        department__in=caring.values("department"),
        starts_at__lte=moment,
        role__in=["doctor", "head_of_department", "nurse", "head_nurse"],
    )
    named = {person.pk for person in named_people(patient)}
    people = User.objects.filter(pk__in=held.values("user"), is_active=True).exclude(pk__in=named)
    return list(people.order_by("sort_key"))


def patient_row(patient_id: int) -> Patient:
    """One patient with what a list row shows (no scope: the caller has the patient already)."""
    return with_row_facts(Patient.objects.filter(pk=patient_id)).get()


@dataclass(frozen=True, slots=True)
class Dossier:
    """The numbers (active ones first) and the people (representatives first) of one person, merged rows included."""

    numbers: list[Identifier]
    people: list[RelatedPerson]


_NUMBER = ("id", "uuid", "patient_id", "system", "value", "is_own", "is_active", "is_shared")
_PERSON = (
    "id",
    "uuid",
    "patient_id",
    "full_name",
    "relationship",
    "id_number",
    "phone",
    "address",
    "is_contact",
    "is_representative",
    "basis",
    "basis_reference",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some columns of a person's rows in one table; `rest` is SQL: the condition and the order."""

    model: type[Model]
    columns: tuple[str, ...]
    rest: str


def person_statement(*tables: Rows) -> str:
    """SQL that brings home one column of JSON for each table: rows of several tables in one round trip."""
    columns = [
        f"(SELECT COALESCE(jsonb_agg(x), '[]') FROM (SELECT {', '.join(rows.columns)}"  # noqa: S608  constants of ours
        f" FROM {rows.model._meta.db_table} WHERE patient_id IN (SELECT id FROM person) AND {rows.rest}) x)"
        for rows in tables
    ]
    person = "SELECT id FROM registry_patient WHERE id = %s OR merged_into_id = %s"
    return f"WITH person AS MATERIALIZED ({person}) SELECT {', '.join(columns)}"


def rows_of_person(patient: Patient, statement: str) -> list[list[dict[str, Any]]]:
    """What a `person_statement` answers for this person, merged rows included; one query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [patient.root_id, patient.root_id])
        return [json.loads(found) for found in cursor.fetchone()]


_DOSSIER = person_statement(
    Rows(Identifier, _NUMBER, "true ORDER BY is_active DESC, system, id"),
    Rows(RelatedPerson, _PERSON, "ended_at IS NULL ORDER BY is_representative DESC, id"),
)


def dossier_of(patient: Patient) -> Dossier:
    """One query, asked once for a page: the banner and the page share it."""
    kept: Dossier | None = patient.__dict__.get("_dossier")
    if kept is None:
        numbers, people = rows_of_person(patient, _DOSSIER)
        kept = Dossier(
            [Identifier(facility_id=patient.facility_id, **row) for row in numbers],
            [RelatedPerson(facility_id=patient.facility_id, **row) for row in people],
        )
        patient.__dict__["_dossier"] = kept
    return kept


def citizen_number(numbers: list[Identifier]) -> Identifier | None:
    """The personal number among them, when there is an active one."""
    return next((n for n in numbers if n.system == systems.CITIZEN and n.is_active), None)


def merges_of(patient: Patient) -> list[MergeLink]:
    """Merges, in force and undone, that touch this person; newest first; one query."""
    rows = same_person(patient)
    links = MergeLink.objects.filter(Q(survivor__in=rows) | Q(duplicate__in=rows)).select_related(
        "survivor", "duplicate", "merged_by", "undone_by"
    )
    return list(links.order_by("-merged_at"))


@dataclass(frozen=True, slots=True)
class ChangedColumn:
    """One column of a correction, as a page shows it."""

    column: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PastChange:
    """One correction: when, by whom, and what became different."""

    at: dt.datetime
    by: str
    rows: list[ChangedColumn]


# Derived columns say nothing that the named ones don't.
_DERIVED = {
    "version",
    "sort_key",
    "search_name",
    "phone_digits",
    "birth_precision",
    "merged_into_id",
    # Why a chart is kept closely isn't for everybody who corrects an address; the log tells who changed it.
    "confidentiality",
    "confidentiality_reason",
}
# The parts of a birth say nothing where its date changed as well.
_PARTS_OF_BIRTH = {"birth_year", "birth_month"}


def _as_row(patient: Patient) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(p) FROM registry_patient p WHERE id = %s", [patient.pk])
        row = cursor.fetchone()[0]
    return cast("dict[str, Any]", json.loads(row) if isinstance(row, str) else row)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[ChangedColumn]:
    names = [name for name in after if name not in _DERIVED and before.get(name) != after[name]]
    if "birth_date" in names:
        names = [name for name in names if name not in _PARTS_OF_BIRTH]
    return [
        ChangedColumn(name, label(name), shown(name, before.get(name)), shown(name, after[name]))
        for name in names
    ]


def past_changes(patient: Patient, limit: int = 50) -> list[PastChange]:
    """The patient's earlier states as differences, newest first, from the history that the database keeps."""
    versions = list(
        RowVersion.objects.filter(
            table_name="registry_patient", row_id=patient.pk, operation="UPDATE"
        ).order_by("-recorded_at", "-pk")[:limit]
    )
    if not versions:
        return []
    who = dict(
        AuditEvent.objects.filter(
            transaction_id__in=[v.transaction_id for v in versions], patient_id=patient.pk
        ).values_list("transaction_id", "agent_name")
    )
    after, found = _as_row(patient), []
    for version in versions:
        if rows := _changed(version.row, after):
            found.append(PastChange(version.recorded_at, who.get(version.transaction_id, ""), rows))
        after = version.row
    return found
