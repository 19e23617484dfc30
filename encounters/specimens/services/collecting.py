"""A tube is filled: wristband, then label; or by hand with a reason; or somebody else says so."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from encounters.orders.models import ServiceRequest
from encounters.orders.services.numbers import take_number
from encounters.specimens import telling
from encounters.specimens.models import RequestEvent, Specimen, SpecimenRequest
from encounters.specimens.services.progress import note_step, note_steps
from encounters.visits.models import Encounter

Status = Specimen.Status
# A nurse's watch and the server's may differ; further ahead it is a slip of the pen.
_AHEAD = dt.timedelta(minutes=5)


class WrongPatient(DomainError):
    """The label is another patient's: nothing may be drawn under it."""


def locked(specimen: Specimen) -> Specimen:
    """The tube as it is now, held against others."""
    rows = Specimen.objects.select_for_update(of=("self",)).select_related("patient", "encounter__patient")
    return rows.get(pk=specimen.pk)


def collect_by_scan(*, specimen: Specimen, encounter: Encounter, by: User) -> Specimen:
    """The wristband of `encounter` was scanned, then the tube's label. Twice scanned is once collected.

    Raises WrongPatient when the label isn't this patient's (on record, nothing is changed), DomainError when the tube
    was of no use, when its tests were all stopped, or when the stay has ended.
    """
    if specimen.encounter.patient.root_id != encounter.patient.root_id:
        record("specimen.wrong_patient", by=by, of=encounter, detail={"label": specimen.accession_number})
        raise WrongPatient(
            _(
                "WRONG PATIENT. Label %(label)s isn't %(name)s's: don't draw. Look at the wristband and the label again."
            )
            % {"label": specimen.accession_number, "name": encounter.patient.full_name.upper()},
            code="wrong_patient",
        )
    return _collect(specimen, by=by, how=Specimen.How.SCAN, at=now(), why="")


def collect_by_hand(*, specimen: Specimen, by: User, reason: str, at: dt.datetime | None = None) -> Specimen:
    """Without a scan (no scanner, a label that can't be read, entered later): the reason is kept, and when it was."""
    if not reason.strip():
        raise DomainError(_("Say why it wasn't scanned."), code="reason_missing", field="reason")
    moment = at or now()
    if moment > now() + _AHEAD:
        raise DomainError(_("This time lies in the future."), code="future", field="at")
    if moment < specimen.encounter.started_at:
        raise DomainError(_("This time lies before the stay."), code="before_stay", field="at")
    return _collect(specimen, by=by, how=Specimen.How.HAND, at=moment, why=reason.strip()[:200])


@transaction.atomic
def _collect(specimen: Specimen, *, by: User, how: str, at: dt.datetime, why: str) -> Specimen:
    specimen = locked(specimen)
    if specimen.status == Status.AVAILABLE:
        return specimen
    if specimen.status != Status.PLANNED:
        raise Conflict(
            _("Tube %(label)s is of no use any more (%(why)s): print a new label.")
            % {"label": specimen.accession_number, "why": specimen.why or specimen.get_status_display()},
            code="useless",
        )
    stay = specimen.encounter
    # Drawn before the patient left and told of afterwards: the laboratory has it.
    is_late = stay.status == "finished" and stay.ended_at is not None and at <= stay.ended_at
    if stay.status != "in-progress" and not is_late:
        raise DomainError(
            _("The stay has ended: enter it without a scan, with the time at which it was drawn."),
            code="stay_ended",
        )
    if not _keep_those_in_effect(specimen):
        raise DomainError(
            _("The tests of tube %(label)s were stopped, or are at the laboratory already: don't draw.")
            % {"label": specimen.accession_number},
            code="stopped",
        )
    specimen.status, specimen.collected_at, specimen.collector = Status.AVAILABLE, at, by
    specimen.collected_how, specimen.hand_reason = how, why
    specimen.save(update_fields=["status", "collected_at", "collector", "collected_how", "hand_reason"])
    note_steps(specimen=specimen, kind=RequestEvent.Kind.COLLECTED, at=at, by=by)
    telling.taken_again(specimen, by=by)
    record("specimen.collect", by=by, of=specimen, detail={"how": how})
    publish("specimen.collected", order_key=f"encounter:{specimen.encounter_id}", specimen_id=specimen.pk)
    return specimen


def _keep_those_in_effect(specimen: Specimen) -> int:
    """Let go of tests that were stopped since; how many are left. An order on hold isn't drawn."""
    current = specimen.tests.filter(is_current=True)
    current.exclude(request__status=ServiceRequest.Status.ACTIVE).update(is_current=False)
    return specimen.tests.filter(is_current=True).count()


@transaction.atomic
def enter_specimen_in_error(*, specimen: Specimen, reason: str, by: User) -> Specimen:
    """It was never drawn, or from somebody else: its tests are wanted again, under a new label."""
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    specimen = locked(specimen)
    if specimen.status == Status.ENTERED_IN_ERROR:
        return specimen
    if specimen.received_at is not None:
        raise DomainError(_("The laboratory has it already: let it be rejected there."), code="received")
    specimen.reason_text = reason.strip()[:200]
    specimen.status, specimen.status_changed_at, specimen.status_changed_by = (
        Status.ENTERED_IN_ERROR,
        now(),
        by,
    )
    specimen.save(update_fields=["status", "reason_text", "status_changed_at", "status_changed_by"])
    note_steps(specimen=specimen, kind=RequestEvent.Kind.RETAKE, reason=reason, by=by)
    specimen.tests.filter(is_current=True).update(is_current=False)
    record("specimen.enter_in_error", by=by, of=specimen)
    publish("specimen.retaken", order_key=f"encounter:{specimen.encounter_id}", specimen_id=specimen.pk)
    return specimen


@transaction.atomic
def note_collected_elsewhere(
    *, request: ServiceRequest, at: dt.datetime, system: str, received_at: dt.datetime | None = None
) -> bool:
    """The laboratory says that it has the specimen: it isn't wanted from the ward any more. Whether that was news.

    A tube that was labelled here and never scanned counts as collected by who told it.
    """
    request = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    test = SpecimenRequest.objects.select_related("specimen").filter(request=request, is_current=True).first()
    if test is not None and test.specimen.status == Status.AVAILABLE:
        if received_at is None or test.specimen.received_at is not None:
            return False
        Specimen.objects.filter(pk=test.specimen_id).update(received_at=received_at)
        note_step(
            request=request,
            kind=RequestEvent.Kind.RECEIVED,
            key=f"received:{test.specimen_id}",
            at=received_at,
            specimen=test.specimen,
            system=system,
        )
        return True
    if test is not None:
        # The tube may be for other tests too, which nobody has told of.
        SpecimenRequest.objects.filter(pk=test.pk).update(is_current=False)
    specimen = Specimen.objects.create(
        facility_id=request.facility_id,
        patient_id=request.patient_id,
        encounter_id=request.encounter_id,
        accession_number=take_number(request.facility_id, "specimen", "BP"),
        tube=test.specimen.tube if test is not None else "other",
        kind=request.specimen,
        status=Status.AVAILABLE,
        collected_at=at,
        collected_how=Specimen.How.TOLD,
        collected_as=system[:40],
        received_at=received_at,
    )
    SpecimenRequest.objects.create(facility_id=request.facility_id, specimen=specimen, request=request)
    kind = RequestEvent.Kind.COLLECTED if received_at is None else RequestEvent.Kind.RECEIVED
    note_step(
        request=request,
        kind=kind,
        key=f"{kind}:{specimen.pk}",
        at=received_at or at,
        specimen=specimen,
        system=system,
    )
    return True
