"""Prescriptions that patients take home: composed from the ward's orders, typed on one line, changed while drafts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.common.masters import kept_by, order_matter
from emr.terminology.selectors import concept, search_concepts
from encounters.documents.models import Document, DocumentDraft
from encounters.documents.services import begin_document
from encounters.forms.services import answers_of as answers_in
from encounters.orders.models import MedicationRequest, PrescriptionLine
from encounters.orders.oneline import parse_line
from encounters.orders.selectors.prescription_limits import limit_of
from encounters.orders.selectors.prescriptions import (
    CONTROL_OF,
    FORMS,
    Control,
    control_of,
    lines_of,
    quantity_for,
)
from encounters.orders.services.lines import demand_writable
from encounters.orders.services.quick import OF_THE_WARD, Choice, line_fields, preview
from encounters.visits.models import Encounter
from patients.registry.age import age_of

MOST_DAYS = 90
_MONTHS_WITH_WEIGHT = 72
_MOST_LINES = 30
_LONGEST = 200


def _properties(code: str) -> dict[str, Any]:
    found = concept("medicine", code) if code else None
    return dict(found.properties) if found is not None else {}


def keeper_of_prescriptions(facility_id: int) -> str:
    """The system where medicines are ordered, and what patients take home with them; "" where that is here."""
    return kept_by(facility_id, order_matter("medication"))


def demand_prescribed_here(facility_id: int) -> None:
    """Refuse to write what the patient takes home where another system keeps medicines: it dispenses by its own list.

    Raises DomainError `kept_elsewhere`.
    """
    if name := keeper_of_prescriptions(facility_id):
        raise DomainError(_kept_words(name), code="kept_elsewhere")


def _kept_words(system: str) -> str:
    return _("Medicines are ordered in the %(system)s: write there what the patient takes home.") % {
        "system": system
    }


@transaction.atomic
def begin_prescriptions(
    *, encounter: Encounter, orders: Sequence[MedicationRequest], days: int, by: User
) -> list[Document]:
    """Drafts that go on with these orders of the ward, one a kind (ordinary, N, H); without orders an empty one.

    A kind of which a draft is there gets what it lacks: sent twice, the lines stand once. Raises DomainError.
    """
    if not 1 <= days <= MOST_DAYS:
        raise DomainError(_("From 1 to %(most)d days.") % {"most": MOST_DAYS}, code="invalid", field="days")
    demand_prescribed_here(encounter.facility_id)
    encounter = Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)
    by_control: dict[str, list[MedicationRequest]] = {}
    for order in orders:
        if order.encounter_id != encounter.pk:
            raise DomainError(_("This order is of another stay."), code="invalid", field="order")
        ingredient = order.ingredient or order.text
        by_control.setdefault(control_of(ingredient, _properties(order.code)), []).append(order)
    found = []
    for control in sorted(by_control) or [Control.NONE]:
        document = _draft_of(encounter, FORMS[Control(control)], by)
        there = set(document.prescription_lines.values_list("based_on", flat=True))
        for order in by_control.get(control, []):
            if order.steps or order.scale or order.before_event:
                raise DomainError(_at_home(order.text), code="regimen", field="order")
            if order.pk not in there:
                _add(document, _from_order(order, days) | {"control": control}, by)
        found.append(document)
    return found


def _at_home(text: str) -> str:
    """A prescription's line has one amount: nothing of a taper or a scale is handed out as if it had."""
    return _("%(text)s: a prescription to take home has one amount a line. Write each step as a line.") % {
        "text": text
    }


def _draft_of(encounter: Encounter, code: str, by: User) -> Document:
    draft = (
        Document.objects.filter(
            encounter=encounter, code=code, author=by, current_version=None, draft__isnull=False
        )
        .order_by("-pk")
        .first()
    )
    return draft or begin_document(encounter=encounter, code=code, by=by)


def _from_order(order: MedicationRequest, days: int) -> dict[str, Any]:
    quantity = quantity_for(order.dose, order.times_per_day, days, order.dose_unit)
    return {
        "based_on": order,
        "code": order.code,
        "text": order.text,
        "ingredient": order.ingredient,
        "route": order.route,
        "dose": order.dose,
        "dose_unit": order.dose_unit,
        "times_per_day": order.times_per_day or (None if order.as_needed else 1),
        "times": order.times,
        "meal": order.meal,
        "as_needed": order.as_needed,
        "as_needed_for": order.as_needed_for,
        "days": days,
        "quantity": quantity or Decimal(1),
        "quantity_unit": order.dose_unit,
    }


def demand_new(document: Document) -> Document:
    """The draft, locked. What was handed to a patient isn't altered: it is taken back and written anew.

    Raises Conflict when it was finished before.
    """
    document = demand_writable(document)
    if document.code not in CONTROL_OF:
        raise DomainError(_("This is no prescription."), code="invalid")
    if document.current_version_id is not None:
        raise Conflict(
            _("A finished prescription keeps its medicines: take it back and write a new one."),
            code="finished",
        )
    return document


def _add(document: Document, fields: dict[str, Any], by: User) -> PrescriptionLine:
    demand_prescribed_here(document.facility_id)
    last = document.prescription_lines.aggregate(last=Max("position"))["last"] or 0
    if last >= _MOST_LINES:
        raise DomainError(_("A prescription holds %(most)d lines.") % {"most": _MOST_LINES}, code="too_many")
    line = PrescriptionLine(
        facility_id=document.facility_id,
        patient_id=document.patient_id,
        encounter_id=document.encounter_id,
        document=document,
        position=last + 1,
        author=by,
        **fields,
    )
    _save(line)
    record("prescription.add", by=by, of=line)
    return line


def _save(line: PrescriptionLine) -> None:
    try:
        line.full_clean(
            exclude=["patient", "encounter", "document", "facility", "author", "based_on"],
            validate_constraints=False,
        )
        if not line.as_needed and not line.times_per_day:
            raise DomainError(_("Say how many times a day."), code="invalid", field="times_per_day")
        with transaction.atomic():
            line.save()
    except ValidationError as error:
        field, said = next(iter(error.message_dict.items()))
        raise DomainError(" ".join(said), code="invalid", field=field) from error
    except IntegrityError as error:
        raise DomainError(_("A dose is more than nothing."), code="invalid", field="dose") from error


def prescription_choices(typed: str) -> list[Choice]:
    """What the typed line may mean. One query."""
    typed = typed.strip()[:_LONGEST]
    line = parse_line(typed)
    if not line.name:
        return []
    found = search_concepts("medicine", line.name, limit=8)
    note = " ".join(line.problems)
    return [Choice(f"{match.code}:{typed}", _("Medicine"), preview(match, line), note) for match in found]


@transaction.atomic
def add_prescription_line(*, document: Document, choice: str, typed: str, by: User) -> PrescriptionLine:
    """Write a medicine as chosen or typed on one line. Raises DomainError for what it lacks, Conflict when finished."""
    document = demand_new(document)
    if not choice:
        fitting = prescription_choices(typed)
        if len(fitting) != 1:
            said = (
                _("Several things fit: choose one.")
                if fitting
                else _("Nothing fits “%(typed)s”.") % {"typed": typed.strip()[:_LONGEST]}
            )
            raise DomainError(said, code="nothing_fits", field="line")
        choice = fitting[0].code
    code, _colon, words = choice.partition(":")
    found, line = concept("medicine", code), parse_line(words)
    if found is None:
        raise DomainError(_("Nothing fits “%(typed)s”.") % {"typed": words[:_LONGEST]}, field="line")
    if line.problems:
        raise DomainError(" ".join(line.problems), code="unclear", field="line")
    if line.has_regimen:
        raise DomainError(_at_home(found.display), code="regimen", field="line")
    fields = {name: value for name, value in line_fields(found, line).items() if name not in OF_THE_WARD}
    quantity = quantity_for(fields["dose"], fields["times_per_day"], fields["days"], fields["dose_unit"])
    properties = dict(found.properties)
    ingredient = str(properties.get("ingredient", ""))[:200]
    return _add(
        document,
        fields
        | {
            "ingredient": ingredient,
            "control": control_of(ingredient, properties),
            "quantity": quantity or Decimal(1),
            "quantity_unit": fields["dose_unit"],
        },
        by,
    )


@transaction.atomic
def change_prescription_line(*, line: PrescriptionLine, by: User, **fields: Any) -> PrescriptionLine:
    """Change a line of a draft; the quantity follows unless it is among the fields."""
    demand_new(line.document)
    demand_prescribed_here(line.facility_id)
    line = PrescriptionLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    for name, value in fields.items():
        setattr(line, name, value)
    if fields.get("quantity") is None:
        computed = quantity_for(line.dose, line.times_per_day, line.days, line.dose_unit)
        line.quantity = computed if computed is not None else line.quantity or Decimal(1)
    _save(line)
    record("prescription.update", by=by, of=line)
    return line


@transaction.atomic
def remove_prescription_line(*, line: PrescriptionLine, by: User) -> None:
    """Strike a line of a draft: it was never prescribed."""
    demand_new(line.document)
    record("prescription.remove", by=by, of=line)
    PrescriptionLine.objects.filter(pk=line.pk).delete()


@transaction.atomic
def copy_prescription(*, source: Document, target: Document, by: User) -> int:
    """The lines of an earlier prescription on an empty draft; returns how many."""
    if lines_of(target):
        return 0
    target = demand_new(target)
    names = [
        "code", "text", "ingredient", "control", "route", "dose", "dose_unit", "times_per_day", "times", "meal",
        "as_needed", "as_needed_for", "days", "quantity", "quantity_unit", "note",
    ]  # fmt: skip
    for line in lines_of(source):
        _add(target, {name: getattr(line, name) for name in names}, by)
    return target.prescription_lines.count()


def prescription_problems(document: Document) -> list[str]:
    """What must be put right before the prescription is finished, in words (TT 26/2025/TT-BYT, article 6)."""
    if system := keeper_of_prescriptions(document.facility_id):
        return [_kept_words(system)]
    lines = lines_of(document)
    if not lines:
        return [_("Write at least one medicine.")]
    draft = DocumentDraft.objects.filter(document=document).first()
    content = draft.content if draft is not None else {}
    said = {name: any(answer.value for answer in answers_in(content, name)) for name in _ASKED}
    control = CONTROL_OF[document.code]
    found = [
        _("%(text)s belongs on the form of its kind.") % {"text": line.text}
        for line in lines
        if line.control != control
    ]
    limit = limit_of(document.facility_id, control, timezone.localdate(document.happened_at))
    is_longer = max(line.days for line in lines) > limit.days
    if control == Control.NONE and is_longer and not said["long_term"]:
        found.append(
            _("More than %(days)d days: only for diseases on the list; tick it.") % {"days": limit.days}
        )
    if control != Control.NONE and is_longer and not said["control.reason"]:
        found.append(
            _("More than %(days)d days of a controlled medicine: say why (%(source)s).")
            % {"days": limit.days, "source": limit.source}
        )
    age = age_of(document.encounter.patient)
    is_small = age is not None and (age.unit != "year" or age.count * 12 < _MONTHS_WITH_WEIGHT)
    if is_small and not (said["person.weight"] and said["person.caregiver"]):
        found.append(_("Below 72 months, weight and who brought the child are written."))
    return found


_ASKED = ("long_term", "control.reason", "person.weight", "person.caregiver")
