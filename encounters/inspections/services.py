"""A letter is entered, its charts are listed, somebody else lets it come into force; withdrawn, it ends at once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import Organization, User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.choices import Whole, declare
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from encounters.inspections import permissions, telling
from encounters.inspections.models import Body, Mandate, MandateChart, MandateVersion
from encounters.inspections.selectors import is_only_a_reader
from encounters.visits.models import Encounter
from patients.emergency_access.services import working_days_after
from patients.registry.access import reaches
from patients.registry.models import CareContext, NumberSeries, Patient
from patients.registry.services import cut_care, open_care

declare(
    Whole(
        name="inspection_longest_days",
        room="inspections",
        label=gettext_lazy("A letter opens charts for at most"),
        default=30,
        least=1,
        most=365,
        unit=pgettext_lazy("unit", "days"),
        is_grave=True,
    )
)
declare(
    Whole(
        name="inspection_answer_days",
        room="inspections",
        label=gettext_lazy("The social insurance is owed an answer within"),
        default=3,
        least=1,
        most=30,
        unit=pgettext_lazy("unit", "working days"),
    )
)


def longest_days(facility_id: int) -> int:
    """For how many days a mandate may let somebody read."""
    return int(facility_setting(facility_id, "inspection_longest_days"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter says, as it was entered."""

    body: str
    organisation: str
    letter_number: str
    letter_on: dt.date
    received_on: dt.date
    purpose: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    readers: Sequence[User]

    def fields(self) -> dict[str, Any]:
        """The mandate's own fields."""
        told = {name: getattr(self, name) for name in _LETTER}
        return told | {"letter_number": self.letter_number.strip(), "purpose": self.purpose.strip()}


_LETTER = (
    "body", "organisation", "letter_number", "letter_on", "received_on", "purpose", "starts_at", "ends_at",
)  # fmt: skip


@transaction.atomic
def prepare_mandate(*, facility: Organization, by: User, **told: Any) -> Mandate:
    """Enter a letter (`told`: the fields of `Letter`). Nobody reads anything by it until somebody else has approved it.

    Refuses a time that is over, ends before it begins or is longer than the facility allows, a letter from the future,
    and readers of another facility. Social insurance is owed an answer within working days (R-35).
    """
    letter = Letter(**told | {"readers": list(told["readers"])})
    due_on = _checked(facility, letter)
    mandate = Mandate.objects.create(
        facility=facility, number=_next_number(facility), due_on=due_on, prepared_by=by, **letter.fields()
    )
    mandate.readers.set(letter.readers)
    detail = {"number": mandate.number, "body": letter.body, "readers": sorted(p.pk for p in letter.readers)}
    record("mandate.create", by=by, of=mandate, detail=detail)
    return mandate


def _checked(facility: Organization, letter: Letter) -> dt.date | None:
    """The day by which the answer is owed. Raises DomainError for a letter without sense."""
    if letter.body not in Body.values:
        raise DomainError(_("Say who asks."), code="no_body", field="body")
    _check_days(letter.letter_on, letter.received_on)
    _check_time(letter.starts_at, letter.ends_at, longest_days(facility.pk))
    if not letter.readers or any(person.facility_id != facility.pk for person in letter.readers):
        raise DomainError(_("Choose who reads."), code="no_reader", field="readers")
    if letter.body != Body.SOCIAL_INSURANCE:
        return None
    days = int(facility_setting(facility.pk, "inspection_answer_days"))
    return working_days_after(letter.received_on, days, facility.pk)


@transaction.atomic
def correct_mandate(*, mandate: Mandate, reason: str, by: User, **told: Any) -> Mandate:
    """Say what the letter really says, before anybody has read by it; what was entered before is kept as a version.

    An approval was of the former words: it is undone, its charts never open, and somebody else than who corrects approves
    anew. The list of charts stays. The same content again changes nothing. Raises DomainError by `code`: begun, no_reason,
    or what `prepare_mandate` refuses.
    """
    row = _locked(mandate)
    if not row.may_be_corrected:
        raise DomainError(
            _(
                "By this mandate charts are or were read, or it is withdrawn: withdraw it and enter the letter anew."
            ),
            code="begun",
        )
    letter = Letter(**told | {"readers": list(told["readers"])})
    due_on = _checked(row.facility, letter)
    readers = list(row.readers.order_by("pk"))
    fields = letter.fields()
    is_same = all(getattr(row, name) == value for name, value in fields.items())
    if is_same and {p.pk for p in readers} == {p.pk for p in letter.readers}:
        return row
    if not reason.strip():
        raise DomainError(_("Say why it is corrected."), code="no_reason", field="reason")
    number = row.versions.count() + 1
    MandateVersion.objects.create(
        facility_id=row.facility_id,
        mandate=row,
        number=number,
        content=_content(row, readers),
        reason=reason.strip()[:400],
        replaced_by=by,
    )
    was_approved = row.status == Mandate.Status.APPROVED
    if was_approved:
        cut_care(source=row.care_source)
        row.status, row.approved_by, row.approved_at = Mandate.Status.PREPARED, None, None
        row.answered_at = None
    for name, value in fields.items():
        setattr(row, name, value)
    row.due_on, row.prepared_by = due_on, by
    row.save()
    row.readers.set(letter.readers)
    detail = {"number": row.number, "version": number + 1, "was_approved": was_approved}
    record("mandate.correct", by=by, of=row, detail=detail)
    telling.take_back(row)  # the day that is owed may be another
    return row


def _content(row: Mandate, readers: Sequence[User]) -> dict[str, Any]:
    """The letter as it stood, complete enough to be read for ever."""
    told = {
        name: value if isinstance(value := getattr(row, name), str) else value.isoformat() for name in _LETTER
    }
    approver = row.approved_by.titled_name if row.approved_by is not None else ""
    return told | {
        "body_words": str(Body(row.body).label),
        "readers": [{"uuid": str(person.uuid), "name": person.titled_name} for person in readers],
        "prepared_by": row.prepared_by.titled_name,
        "approved_by": approver,
        "approved_at": row.approved_at.isoformat() if row.approved_at else "",
    }


def _check_days(letter_on: dt.date, received_on: dt.date) -> None:
    if letter_on > received_on:
        raise DomainError(
            _("The letter can't have come before it was written."), code="bad_day", field="received_on"
        )
    if received_on > local_today():
        raise DomainError(_("This day is yet to come."), code="bad_day", field="received_on")


def _check_time(starts_at: dt.datetime, ends_at: dt.datetime, days: int) -> None:
    if ends_at <= starts_at:
        raise DomainError(_("The end lies before the beginning."), code="bad_time", field="ends_at")
    if ends_at <= now():
        raise DomainError(_("This time is over already."), code="bad_time", field="ends_at")
    if ends_at - starts_at > dt.timedelta(days=days):
        message = _("A mandate lasts %(days)d days at most.") % {"days": days}
        raise DomainError(message, code="too_long", field="ends_at")


def _next_number(facility: Organization) -> str:
    year = timezone.localdate().year
    series, _is_new = NumberSeries.objects.get_or_create(facility=facility, system=f"mandate:{year}")
    series = NumberSeries.objects.select_for_update().get(pk=series.pk)
    series.last += 1
    series.save(update_fields=["last"])
    return f"KT{year}-{series.last:04d}"


def _locked(mandate: Mandate) -> Mandate:
    return Mandate.objects.select_for_update(no_key=True).select_related("facility").get(pk=mandate.pk)


def _still_prepared(mandate: Mandate) -> Mandate:
    row = _locked(mandate)
    if not row.is_prepared:
        raise DomainError(
            _("This mandate isn't being prepared any more: what it lists stays."), code="not_prepared"
        )
    return row


@transaction.atomic
def list_chart(
    *,
    mandate: Mandate,
    patient: Patient,
    encounter: Encounter | None = None,
    kept_closely: bool = False,
    by: User,
) -> MandateChart:
    """Put a chart, or one stay of it, on the mandate's list.

    A chart that is kept closely is listed by somebody who reaches it and says that the letter names the person; the
    same again changes nothing.
    """
    row = _still_prepared(mandate)
    person = patient.merged_into or patient
    if person.facility_id != row.facility_id or not reaches(by, person):
        raise DomainError(_("There is nobody with this number."), code="unknown_patient")
    if encounter is not None and encounter.patient.root_id != person.pk:
        raise DomainError(_("This stay isn't the patient's."), code="foreign_stay")
    if person.is_restricted and not kept_closely:
        raise DomainError(
            _("This chart is kept closely: tick that the letter names this very person."),
            code="kept_closely",
            field="kept_closely",
        )
    chart, is_new = MandateChart.objects.get_or_create(
        facility_id=row.facility_id,
        mandate=row,
        patient=person,
        encounter=encounter,
        defaults={"is_kept_closely": person.is_restricted},
    )
    if is_new:
        detail = {"number": row.number, "stay": encounter.pk if encounter else None}
        record("mandate.add", by=by, of=row, patient=person, detail=detail)
    return chart


@transaction.atomic
def strike_chart(*, chart: MandateChart, by: User) -> None:
    """Take a chart off the list while the mandate is prepared."""
    row = _still_prepared(chart.mandate)
    record("mandate.remove", by=by, of=row, patient=chart.patient, detail={"number": row.number})
    chart.delete()


@transaction.atomic
def approve_mandate(*, mandate: Mandate, by: User) -> Mandate:
    """Let it come into force: from its first minute to its last the readers see what is listed.

    Refuses one's own, one that lists nothing or whose time is over, readers who hold anything besides, and a chart
    that has been restricted since it was listed without a word about that.
    """
    row = _still_prepared(mandate)
    if row.prepared_by_id == by.pk:
        raise DomainError(_("Somebody else approves what you have prepared."), code="own")
    _check_time(row.starts_at, row.ends_at, longest_days(row.facility_id))
    charts = list(row.charts.select_related("patient", "encounter"))
    if not charts:
        raise DomainError(_("No chart is listed."), code="no_chart")
    readers = list(row.readers.filter(is_active=True))
    if not readers:
        raise DomainError(_("Nobody is left to read by it."), code="no_reader")
    _check_readers(readers)
    if any(chart.patient.is_restricted and not chart.is_kept_closely for chart in charts):
        raise DomainError(
            _("A listed chart has been restricted since. Withdraw this mandate and prepare it anew."),
            code="kept_closely",
        )
    row.status, row.approved_by, row.approved_at = Mandate.Status.APPROVED, by, now()
    row.answered_at = row.answered_at or row.approved_at
    row.save(update_fields=["status", "approved_by", "approved_at", "answered_at"])
    for chart in charts:
        for reader in readers:
            open_care(
                patient=chart.patient,
                practitioner=reader,
                reason=CareContext.LISTED_CLOSELY if chart.is_kept_closely else CareContext.LISTED,
                source=row.care_source,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                only_stay=chart.encounter_id,
            )
    detail = {
        "number": row.number,
        "charts": len(charts),
        "readers": sorted(reader.pk for reader in readers),
        "until": row.ends_at,
    }
    record("mandate.approve", by=by, of=row, detail=detail)
    telling.take_back(row)
    return row


def _check_readers(readers: list[User]) -> None:
    for reader in readers:
        if not is_only_a_reader(reader):
            message = _("The account of %(name)s must hold the inspector's role and nothing else.")
            raise DomainError(message % {"name": reader.full_name}, code="more_than_a_reader")


@transaction.atomic
def withdraw_mandate(*, mandate: Mandate, reason: str, by: User) -> Mandate:
    """End it at this instant, or lay it aside before anybody has approved it."""
    row = _locked(mandate)
    if row.status == Mandate.Status.WITHDRAWN:
        raise DomainError(_("This mandate is withdrawn already."), code="withdrawn")
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="no_reason", field="reason")
    row.status, row.withdrawn_by, row.withdrawn_at = Mandate.Status.WITHDRAWN, by, now()
    row.withdrawn_reason = reason.strip()[:400]
    row.save(update_fields=["status", "withdrawn_by", "withdrawn_at", "withdrawn_reason"])
    cut_care(source=row.care_source)
    record("mandate.withdraw", by=by, of=row, detail={"number": row.number})
    telling.take_back(row)
    return row


@transaction.atomic
def hand_out(*, mandate: Mandate, encounter: Encounter, by: User) -> None:
    """Write down that a stay's signed documents leave the house by this mandate.

    Refuses a mandate that nobody has approved or whose time is over, and a stay that it doesn't list.
    """
    row = _locked(mandate)
    if not row.is_in_force:
        raise DomainError(_("This mandate isn't in force."), code="not_in_force")
    if not by.has_right(permissions.HAND_OUT) or not lists_stay(row, encounter):
        raise DomainError(_("This mandate doesn't list that stay."), code="not_listed")
    if row.answered_at is None:
        row.answered_at = now()
        row.save(update_fields=["answered_at"])


def lists_stay(mandate: Mandate, encounter: Encounter) -> bool:
    """Whether the stay stands on the list, by itself or with the whole chart."""
    root = encounter.patient.root_id
    return any(
        chart.encounter_id == encounter.pk or (chart.encounter_id is None and chart.patient.root_id == root)
        for chart in mandate.charts.select_related("patient")
    )
