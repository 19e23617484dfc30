"""A synthetic population for benchmarks: as many fabricated people as asked for, one seed, the same people."""

import datetime as dt
import itertools
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.utils import timezone

from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.vietnamese import fold, sort_key
from encounters.visits.models import Encounter
from integrations.demo import names
from patients.registry import systems
from patients.registry.models import CareContext, Identifier, NumberSeries, Patient

# Row triggers slow down with the number of foreign keys that wait to be checked: few rows a statement, checked after each.
CHUNK = 4000
_INSURED = 0.85
_ADMITTED = 0.1
_folded = lru_cache(maxsize=200_000)(fold)
_sorted = lru_cache(maxsize=200_000)(sort_key)


@transaction.atomic
def populate(facility: Organization, *, patients: int, seed: int) -> dict[str, int]:
    """Add so many patients with their numbers, one past visit or stay each, and who cared for them; all or nothing.

    Everything that a page reads is there (search columns, sort keys, care contexts); what nobody did is not: no
    audit line a patient, no documents. Raises DomainError outside demo settings (S-59).
    """
    if not settings.EMR_DEMO:
        raise DomainError("A population is refused outside demo settings.", code="not_a_demo")
    departments = list(
        Organization.objects.filter(parent=facility).order_by("pk").values_list("pk", flat=True)
    )
    load = _Load(facility, departments, random.Random(seed))  # noqa: S311  believable, not secret
    counts = dict.fromkeys(("patients", "identifiers", "encounters"), 0)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    while counts["patients"] < patients:
        size = min(CHUNK, patients - counts["patients"])
        added = _add_chunk(load, size)
        counts = {name: counts[name] + added[name] for name in counts}
    record("population.load", of=facility, detail={"patients": patients, "seed": seed})
    return counts


@dataclass(frozen=True, slots=True)
class _Load:
    """One run: where the people belong, and the dice."""

    facility: Organization
    departments: list[int]
    chance: random.Random
    midnight: dt.datetime = field(
        default_factory=lambda: timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    )


def _add_chunk(load: _Load, size: int) -> dict[str, int]:
    first = _take_numbers(load.facility, systems.mrn(load.facility), size)
    ids = list(enumerate(_next_ids(Patient, size), first))
    people = [names.person(load.chance, load.midnight.date()) for _ in range(size)]
    numbers = list(_numbers(load, ids, people))
    stays = [_stay(load, number, pk) for number, pk in ids]
    copy_rows(Patient, (_patient(load, pk, p) for (_number, pk), p in zip(ids, people, strict=True)))
    copy_rows(Identifier, numbers)
    copy_rows(Encounter, stays)
    copy_rows(CareContext, (_care(load, stay) for stay in stays))
    return {"patients": size, "identifiers": len(numbers), "encounters": len(stays)}


def _take_numbers(facility: Organization, system: str, count: int) -> int:
    """The first of `count` numbers of the series, taken at once."""
    NumberSeries.objects.get_or_create(facility=facility, system=system)
    series = NumberSeries.objects.select_for_update().get(facility=facility, system=system)
    first, series.last = series.last + 1, series.last + count
    series.save(update_fields=["last"])
    return first


def _next_ids(model: type[models.Model], count: int) -> list[int]:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [row[0] for row in cursor.fetchall()]


def _patient(load: _Load, pk: int, person: names.Person) -> dict[str, Any]:
    known = person.birth_date
    return {
        "id": pk,
        "uuid": uuid4(),
        "facility_id": load.facility.pk,
        "full_name": person.full_name,
        "sort_key": _sorted(person.full_name),
        "search_name": _folded(person.full_name),
        "birth_date": known,
        "birth_month": known.month if known else None,
        "birth_year": person.birth_year,
        "birth_precision": "day" if known else "year",
        "sex": person.sex,
        "ethnic_group": "01",
        "address_line": person.address_line,
        "phone": person.phone,
        "phone_digits": person.phone,
    }


def _numbers(load: _Load, ids: list[tuple[int, int]], people: list[names.Person]) -> Iterator[dict[str, Any]]:
    for (number, pk), person in zip(ids, people, strict=True):
        own = {"facility_id": load.facility.pk, "patient_id": pk}
        held = [(systems.mrn(load.facility), str(number).zfill(systems.MRN_DIGITS))]
        if person.citizen_number:
            held.append((systems.CITIZEN, person.citizen_number))
        if load.chance.random() < _INSURED:
            held.append((systems.INSURANCE, f"{load.chance.randrange(10**10):010d}"))
        for system, value in held:
            yield own | {
                "uuid": uuid4(),
                "system": system,
                "value": value,
                "is_own": systems.is_own(system),
            }


def _stay(load: _Load, number: int, pk: int) -> dict[str, Any]:
    chance = load.chance
    began = load.midnight - dt.timedelta(minutes=chance.randrange(60 * 24, 10 * 365 * 60 * 24))
    admitted = chance.random() < _ADMITTED
    kind = "IMP" if admitted else "AMB"
    return {
        "uuid": uuid4(),
        "facility_id": load.facility.pk,
        "patient_id": pk,
        "encounter_class": kind,
        "arrival_class": kind,
        "status": "finished",
        "identifier": f"P{number:09d}",
        "admission_number": f"P{number}" if admitted else "",
        "started_at": began,
        "admitted_at": began if admitted else None,
        "ended_at": began + (dt.timedelta(days=5) if admitted else dt.timedelta(hours=2)),
        "entered_at": began,
        "department_id": chance.choice(load.departments),
        "outcome": "1",
    }


def _care(load: _Load, stay: dict[str, Any]) -> dict[str, Any]:
    return {
        "uuid": uuid4(),
        "facility_id": stay["facility_id"],
        "patient_id": stay["patient_id"],
        "department_id": stay["department_id"],
        "starts_at": stay["started_at"],
        "ends_at": stay["ended_at"],
        "source": f"population:{stay['identifier']}",
    }


def copy_rows(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert dictionaries of column values, many a statement; what a row leaves out gets the field's default.

    (PostgreSQL refuses to COPY into a table that has row-level security.)
    """
    fields = [f for f in model._meta.concrete_fields if not f.has_db_default()]
    remaining = iter(rows)
    sample = next(remaining, None)
    if sample is None:
        return
    fields = [f for f in fields if not f.primary_key or f.attname in sample]
    defaults = {f.column: f.get_prep_value(f.get_default()) for f in fields if not f.null}
    names = {f.attname: f.column for f in fields}
    listed, table = ", ".join(f'"{column}"' for column in names.values()), model._meta.db_table
    statement = (
        f'INSERT INTO "{table}" ({listed}) SELECT {listed}'  # noqa: S608  our own tables
        f' FROM json_populate_recordset(NULL::"{table}", %s::json)'
    )
    everybody = itertools.chain([sample], remaining)
    with connection.cursor() as cursor:
        while chunk := list(itertools.islice(everybody, CHUNK)):
            known = [
                defaults | {names[name]: value for name, value in row.items() if name in names}
                for row in chunk
            ]
            cursor.execute(statement, [json.dumps(known, cls=DjangoJSONEncoder, ensure_ascii=False)])
