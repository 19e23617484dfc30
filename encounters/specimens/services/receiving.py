"""The laboratory takes a tube in, or sends word that it is of no use; the ward finds so itself."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from encounters.specimens.models import RequestEvent, Specimen
from encounters.specimens.services.collecting import locked
from encounters.specimens.services.progress import note_steps

Status = Specimen.Status


@transaction.atomic
def receive_specimen(*, specimen: Specimen, by: User) -> Specimen:
    """It has arrived at the laboratory. Twice scanned is once received; one that nobody has collected is refused."""
    specimen = locked(specimen)
    if specimen.status != Status.AVAILABLE:
        raise DomainError(
            _("Tube %(label)s is %(status)s: it can't be taken in.")
            % {"label": specimen.accession_number, "status": specimen.get_status_display()},
            code="wrong_status",
        )
    if specimen.received_at is not None:
        return specimen
    specimen.received_at, specimen.received_by = now(), by
    specimen.save(update_fields=["received_at", "received_by"])
    note_steps(specimen=specimen, kind=RequestEvent.Kind.RECEIVED, at=specimen.received_at, by=by)
    record("specimen.receive", by=by, of=specimen)
    publish("specimen.received", order_key=f"encounter:{specimen.encounter_id}", specimen_id=specimen.pk)
    return specimen


def reject_specimen(
    *,
    specimen: Specimen,
    reason: str,
    text: str = "",
    by: User | None = None,
    system: str = "",
    at: dt.datetime | None = None,
) -> Specimen:
    """The laboratory can't use it: its tests are wanted again, with the reason. Said twice is said once."""
    return _give_up(
        specimen,
        to=Status.UNSATISFACTORY,
        kind=RequestEvent.Kind.REJECTED,
        verb="reject",
        reason=reason,
        text=text,
        by=by,
        system=system,
        at=at,
    )


def ask_again(*, specimen: Specimen, reason: str, text: str = "", by: User) -> Specimen:
    """The ward throws the tube away and draws again: broken, clotted, mixed up."""
    return _give_up(
        specimen,
        to=Status.UNAVAILABLE,
        kind=RequestEvent.Kind.RETAKE,
        verb="retake",
        reason=reason,
        text=text,
        by=by,
    )


@transaction.atomic
def _give_up(
    specimen: Specimen,
    *,
    to: str,
    kind: str,
    verb: str,
    reason: str,
    text: str,
    by: User | None,
    system: str = "",
    at: dt.datetime | None = None,
) -> Specimen:
    if reason not in Specimen.Reason.values:
        raise DomainError(_("Choose why."), code="reason_missing", field="reason")
    if reason == Specimen.Reason.OTHER and not text.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="text")
    specimen = locked(specimen)
    if specimen.status in {Status.UNSATISFACTORY, Status.UNAVAILABLE, Status.ENTERED_IN_ERROR}:
        return specimen
    if specimen.status == Status.PLANNED and to == Status.UNSATISFACTORY and by is not None:
        raise DomainError(_("Nobody has collected this tube yet."), code="not_collected")
    specimen.status, specimen.reason, specimen.reason_text = to, reason, text.strip()[:200]
    specimen.status_changed_at, specimen.status_changed_by = at or now(), by
    specimen.save(update_fields=["status", "reason", "reason_text", "status_changed_at", "status_changed_by"])
    note_steps(specimen=specimen, kind=kind, at=at, reason=specimen.why, by=by, system=system)
    specimen.tests.filter(is_current=True).update(is_current=False)
    record(f"specimen.{verb}", by=by, of=specimen, detail={"reason": reason})
    publish(
        "specimen.rejected" if to == Status.UNSATISFACTORY else "specimen.retaken",
        order_key=f"encounter:{specimen.encounter_id}",
        specimen_id=specimen.pk,
    )
    return specimen
