"""A person becomes a patient, once."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from django.db import connection, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import Line, record_many
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.common.vietnamese import fold, tidy
from emr.outbox import publish_many
from patients.registry import systems
from patients.registry.matching import Match, Person, possible_duplicates
from patients.registry.models import Identifier, Patient, Registration
from patients.registry.services.numbers import (
    NewNumber,
    add_first_identifiers,
    add_identifier,
    clean_value,
    next_mrn,
    next_temporary_code,
)

_OLDEST = 130


class Demographics(TypedDict, total=False):
    """What is known of a patient beside name and sex; `birth_date` alone when the day is known."""

    birth_date: dt.date | None
    birth_month: int | None
    birth_year: int | None
    birth_order: int | None
    nationality: str
    ethnic_group: str
    occupation: str
    workplace: str
    address_line: str
    commune: str
    province: str
    address_text: str
    phone: str
    other_phone: str
    mother: Patient | None
    deceased_at: dt.datetime | None


class AlreadyRegistered(DomainError):
    """The person is a patient already: show that record instead of a second one."""

    def __init__(self, patient: Patient) -> None:
        super().__init__(_("This person is registered already."), code="already_registered")
        self.patient = patient


class PossibleDuplicates(DomainError):
    """Somebody much like this person is a patient already: a clerk looks at both and decides."""

    def __init__(self, matches: list[Match]) -> None:
        super().__init__(_("Somebody very similar is registered already."), code="possible_duplicates")
        self.matches = matches


def _queue_up(facility: Organization, intents: Iterable[str]) -> None:
    """Two clerks who register one person in the same second come one after the other.

    The locks last until the transaction ends; sorted, so that two of them never wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(intent, 0)) FROM unnest(%s::text[]) intent",
            [sorted({f"{facility.pk}:{intent}" for intent in intents})],
        )


def check_birth(details: Demographics) -> None:
    """Refuse a birth that can't be: in the future, or longer ago than anybody lives."""
    today = local_today()
    born, year, month = (
        details.get("birth_date"),
        details.get("birth_year"),
        details.get("birth_month"),
    )
    if born is not None:
        year, month = born.year, born.month
    if year is None:
        return
    if (born and born > today) or year > today.year or (year == today.year and (month or 1) > today.month):
        raise DomainError(_("The birth lies in the future."), code="birth_in_future", field="birth")
    if today.year - year > _OLDEST:
        raise DomainError(
            _("Nobody is %(years)s years old: check the year of birth.") % {"years": today.year - year},
            code="too_old",
            field="birth",
        )


@dataclass(frozen=True, kw_only=True)
class NewPatient:
    """Somebody whom another system of the facility knows by its own number (`mrn`)."""

    mrn: str
    full_name: str
    sex: str = Patient.Sex.UNKNOWN
    numbers: Sequence[NewNumber] = ()
    details: Demographics = field(default_factory=Demographics)


@dataclass(frozen=True, slots=True)
class _Draft:
    """Somebody who may become a patient: judged, not yet written."""

    patient: Patient
    numbers: list[NewNumber]
    person: Person

    @property
    def intents(self) -> list[str]:
        """What nobody else may register at this moment."""
        found = [f"{n.system}|{n.value}" for n in self.numbers]
        if not self.patient.is_temporary:
            found.append(f"{fold(self.patient.full_name)}|{self.person.birth_year}")
        return found


def _drafted(
    facility: Organization,
    full_name: str,
    sex: str,
    numbers: Sequence[NewNumber],
    details: Demographics,
    *,
    is_temporary: bool = False,
    description: str = "",
) -> _Draft:
    """The rules about one person by themselves. Raises DomainError."""
    full_name = tidy(full_name)
    if not full_name:
        raise DomainError(_("Enter the name."), code="no_name", field="full_name")
    check_birth(details)
    cleaned = [
        NewNumber(n.system, clean_value(n.system, n.value), n.valid_from, n.valid_until) for n in numbers
    ]
    born = details.get("birth_date")
    person = Person(
        full_name=full_name,
        sex=sex,
        birth_date=born,
        birth_year=born.year if born else details.get("birth_year"),
        phone=details.get("phone", ""),
        numbers=tuple((n.system, n.value) for n in cleaned),
    )
    patient = Patient(
        facility=facility,
        full_name=full_name,
        sex=sex,
        is_temporary=is_temporary,
        description=description,
        **details,
    )
    return _Draft(patient, cleaned, person)


def _write(facility: Organization, drafts: Sequence[tuple[_Draft, str]], by: User | None) -> None:
    """(draft, patient number) each: the rows, the numbers, the log and the facts, in a few statements for all."""
    system = systems.mrn(facility)
    for draft, _mrn in drafts:
        draft.patient.derive()
    Patient.objects.bulk_create(draft.patient for draft, _mrn in drafts)
    lines = add_first_identifiers(
        [(draft.patient, [NewNumber(system, mrn), *draft.numbers]) for draft, mrn in drafts]
    )
    for (draft, _mrn), own in zip(drafts, lines, strict=True):
        own.append(
            Line(
                action="patient.register",
                of=draft.patient,
                patient=draft.patient,
                detail={"temporary": draft.patient.is_temporary},
            )
        )
    record_many([line for own in lines for line in own], by=by)
    ids = [draft.patient.pk for draft, _mrn in drafts]
    publish_many("patient.registered", [(f"patient:{pk}", {"patient_id": pk}) for pk in ids])


@transaction.atomic
def register_patient(
    *,
    facility: Organization,
    by: User | None,
    full_name: str,
    sex: str = Patient.Sex.UNKNOWN,
    mrn: str = "",
    numbers: Sequence[NewNumber] = (),
    key: str = "",
    another_person: bool = False,
    is_temporary: bool = False,
    description: str = "",
    **details: Unpack[Demographics],
) -> Patient:
    """Make a patient with a number of this facility.

    `mrn`: the number that another system of the facility gave; else the next of the series. `key`: the form's own key;
    the same one again answers the same patient. Raises AlreadyRegistered when a patient shows one of the citizen
    numbers, PossibleDuplicates when somebody is much alike, unless `another_person` says that a human being (or
    the HIS, which knows) has decided.
    """
    draft = _drafted(
        facility, full_name, sex, numbers, details, is_temporary=is_temporary, description=description
    )
    _queue_up(facility, [*draft.intents, f"form|{key}"] if key else draft.intents)
    if key and (done := Registration.objects.filter(facility=facility, key=key).first()):
        return done.patient
    if not another_person and not is_temporary:
        _look_for_the_same(facility, draft.person)
    _write(facility, [(draft, clean_value(systems.mrn(facility), mrn or next_mrn(facility)))], by)
    if key:
        Registration.objects.create(facility=facility, key=key, patient=draft.patient)
    return draft.patient


@transaction.atomic
def register_patients(
    *, facility: Organization, by: User | None, people: Sequence[NewPatient]
) -> list[Patient | DomainError]:
    """Make patients of many at once, each by `register_patient`'s rules with `another_person`: whoever hands over a list
    has decided who is who.

    Answers, in the order of `people`, the patient or why it can't be one; what is refused keeps no other out. A handful
    of statements, however many there are. Raises DomainError, nothing written, when somebody holds one of the numbers
    already: then one by one shows whose it is.
    """
    system = systems.mrn(facility)
    found: list[Patient | DomainError] = []
    drafts = []
    for new in people:
        try:
            draft = _drafted(facility, new.full_name, new.sex, new.numbers, new.details)
            drafts.append((draft, clean_value(system, new.mrn)))
        except DomainError as refusal:
            found.append(refusal)
        else:
            found.append(draft.patient)
    if drafts:
        _queue_up(facility, [intent for draft, _mrn in drafts for intent in draft.intents])
        _write(facility, drafts, by)
    return found


def _look_for_the_same(facility: Organization, person: Person) -> None:
    citizen = [value for system, value in person.numbers if system == systems.CITIZEN]
    if citizen:
        held = (
            Identifier.objects.filter(
                facility=facility, system=systems.CITIZEN, value__in=citizen, is_active=True
            )
            .select_related("patient", "patient__merged_into")
            .order_by("pk")
            .first()
        )
        if held is not None:
            raise AlreadyRegistered(held.patient.merged_into or held.patient)
    if matches := possible_duplicates(facility, person):
        raise PossibleDuplicates(matches)


@transaction.atomic
def register_unknown(
    *,
    facility: Organization,
    by: User | None,
    description: str,
    sex: str = Patient.Sex.UNKNOWN,
    key: str = "",
) -> Patient:
    """Take in somebody nobody can name: a temporary code and what can be seen of the person (R-11)."""
    if not description.strip():
        raise DomainError(
            _("Describe the person: age, clothes, marks, where and by whom found."),
            code="no_description",
            field="description",
        )
    code = next_temporary_code(facility)
    patient = register_patient(
        facility=facility,
        by=by,
        full_name=_("Unknown person %(code)s") % {"code": code},
        sex=sex,
        key=key,
        is_temporary=True,
        description=description.strip(),
    )
    if not patient.identifiers.filter(system=systems.temporary(facility)).exists():
        add_identifier(patient=patient, system=systems.temporary(facility), value=code, by=by)
    return patient


@transaction.atomic
def register_newborn(
    *,
    mother: Patient,
    by: User | None,
    birth_date: dt.date,
    sex: str,
    full_name: str = "",
    birth_order: int | None = None,
    key: str = "",
) -> Patient:
    """Take in a newborn under the mother: no number of its own yet, her address and people, named after her until named.

    Twins are told apart by `birth_order`; the same child twice is refused.
    """
    twin = Patient.objects.filter(
        mother=mother, birth_date=birth_date, birth_order=birth_order, merged_into=None
    )
    _queue_up(mother.facility, [f"newborn|{mother.pk}|{birth_date}"])
    if (known := twin.first()) and not (
        key and Registration.objects.filter(facility=mother.facility, key=key).exists()
    ):
        raise AlreadyRegistered(known)
    name = full_name.strip() or _("Child of %(name)s") % {"name": mother.full_name}
    if not full_name.strip() and birth_order:
        name = f"{name} {birth_order}"
    return register_patient(
        facility=mother.facility,
        by=by,
        full_name=name,
        sex=sex,
        key=key,
        another_person=True,
        birth_date=birth_date,
        birth_order=birth_order,
        mother=mother,
        nationality=mother.nationality,
        ethnic_group=mother.ethnic_group,
        address_line=mother.address_line,
        commune=mother.commune,
        province=mother.province,
        address_text=mother.address_text,
        phone=mother.phone,
    )
