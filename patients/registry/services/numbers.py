"""Numbers of patients: the facility's own series, and those that others issue."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import Organization, User
from emr.accounts.services import facility_setting
from emr.audit.services import Line, record
from emr.common.choices import Whole, declare
from emr.common.errors import DomainError
from emr.common.vietnamese import tidy
from patients.registry import systems
from patients.registry.models import Identifier, Patient

declare(
    Whole(
        name="mrn_digits",
        room="registry",
        label=gettext_lazy("Length of the patient numbers that we give out"),
        help=gettext_lazy("Numbers given out before stay as they are."),
        default=systems.MRN_DIGITS,
        least=6,
        most=12,
        unit=pgettext_lazy("unit", "digits"),
    )
)


@dataclass(frozen=True, slots=True)
class NewNumber:
    """A number that the person shows."""

    system: str
    value: str
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


def _next(facility: Organization, system: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_numberseries (uuid, facility_id, system, last) VALUES (gen_random_uuid(), %s, %s, 1)"
            " ON CONFLICT (facility_id, system) DO UPDATE SET last = registry_numberseries.last + 1 RETURNING last",
            [facility.pk, system],
        )
        return int(cursor.fetchone()[0])


def next_mrn(facility: Organization) -> str:
    """The next free patient number, with leading zeros; numbers that the HIS gave out are passed over."""
    system = systems.mrn(facility)
    digits = int(facility_setting(facility.pk, "mrn_digits"))
    while True:
        value = f"{_next(facility, system):0{digits}d}"
        if not Identifier.objects.filter(facility=facility, system=system, value=value).exists():
            return value


def next_temporary_code(facility: Organization) -> str:
    """A code for somebody without a name; letters in front, so that it is never taken for a 12-digit number."""
    return f"TAM{_next(facility, systems.temporary(facility)):06d}"


def clean_value(system: str, value: str) -> str:
    """The number without blanks; refuses what can't be one."""
    tidied = tidy(value).replace(" ", "").upper()
    if not tidied or len(tidied) > 40:
        raise DomainError(_("A number is missing or too long."), code="bad_number", field="value")
    if system == systems.CITIZEN and not (tidied.isascii() and tidied.isdigit() and len(tidied) == 12):
        raise DomainError(
            _("A personal identification number has 12 digits."), code="bad_citizen_number", field="value"
        )
    return systems.insurance_core(tidied) if system == systems.INSURANCE else tidied


@transaction.atomic
def add_identifier(
    *,
    patient: Patient,
    system: str,
    value: str,
    by: User | None,
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
) -> Identifier:
    """Let the patient be known by one more number; the same one again changes nothing but makes it active.

    Refuses one of the facility's own numbers that another patient holds. A foreign number that another patient shows
    is kept and flagged on both.
    """
    value = clean_value(system, value)
    held = Identifier.objects.filter(patient=patient, system=system, value=value).first()
    if held is not None:
        if not held.is_active:
            held.is_active = True
            held.save(update_fields=["is_active"])
            record("identifier.restore", by=by, of=held, patient=patient, detail={"system": system})
        return held
    own = systems.is_own(system)
    others = Identifier.objects.filter(facility_id=patient.facility_id, system=system, value=value)
    others = others.exclude(patient__in=[patient.pk, patient.root_id])
    is_shared = not own and others.filter(is_active=True).exists()
    if own:
        patient.identifiers.filter(system=system, is_active=True).update(is_active=False)
    try:
        with transaction.atomic():
            added = Identifier.objects.create(
                facility_id=patient.facility_id,
                patient=patient,
                system=system,
                value=value,
                is_own=own,
                is_shared=is_shared,
                valid_from=valid_from,
                valid_until=valid_until,
            )
    except IntegrityError as error:
        raise DomainError(
            _("Another patient holds this number."), code="number_taken", field="value"
        ) from error
    if is_shared:
        others.filter(is_active=True, is_shared=False).update(is_shared=True)
    record("identifier.add", by=by, of=added, patient=patient, detail={"system": system, "shared": is_shared})
    return added


def add_first_identifiers(shown: Sequence[tuple[Patient, Sequence[NewNumber]]]) -> list[list[Line]]:
    """The numbers, cleaned, of people of one facility who were made just now and have none: `add_identifier` for all
    at once.

    Answers the lines of each person for the log. A handful of statements, however many there are.
    """
    asked = [(patient, {(n.system, n.value): n for n in numbers}) for patient, numbers in shown]
    foreign = {key for _patient, numbers in asked for key in numbers if not systems.is_own(key[0])}
    alike: list[Identifier] = []
    if foreign:
        held = Identifier.objects.filter(
            facility_id=shown[0][0].facility_id,
            value__in={value for _system, value in foreign},
            is_active=True,
        )
        alike = [row for row in held if (row.system, row.value) in foreign]
    taken = {(row.system, row.value) for row in alike}
    firsts: dict[tuple[str, str], Identifier] = {}
    rows: list[list[Identifier]] = []
    for patient, numbers in asked:
        own = [_first(patient, number, is_shared=key in taken) for key, number in numbers.items()]
        for key, row in zip(numbers, own, strict=True):
            if key in firsts:
                alike.append(firsts[key])
            elif key in foreign and key not in taken:
                firsts[key] = row
        taken |= foreign & numbers.keys()
        rows.append(own)
    try:
        with transaction.atomic():
            Identifier.objects.bulk_create(row for own in rows for row in own)
    except IntegrityError as error:
        raise DomainError(
            _("Another patient holds this number."), code="number_taken", field="value"
        ) from error
    if alike:
        Identifier.objects.filter(pk__in=[row.pk for row in alike], is_shared=False).update(is_shared=True)
    return [
        [
            Line(
                action="identifier.add",
                of=row,
                patient=row.patient,
                detail={"system": row.system, "shared": row.is_shared},
            )
            for row in own
        ]
        for own in rows
    ]


def _first(patient: Patient, number: NewNumber, *, is_shared: bool) -> Identifier:
    return Identifier(
        facility_id=patient.facility_id,
        patient=patient,
        system=number.system,
        value=number.value,
        is_own=systems.is_own(number.system),
        is_shared=is_shared,
        valid_from=number.valid_from,
        valid_until=number.valid_until,
    )


@transaction.atomic
def end_identifier(*, identifier: Identifier, by: User | None, valid_until: dt.date | None = None) -> None:
    """The number no longer stands for the patient; it stays readable and searchable."""
    identifier.is_active, identifier.valid_until = False, valid_until or identifier.valid_until
    identifier.save(update_fields=["is_active", "valid_until"])
    record(
        "identifier.end",
        by=by,
        of=identifier,
        patient=identifier.patient,
        detail={"system": identifier.system},
    )
