"""A08: what an update says of a stay. It moves nobody, and what it may not change leaves a remark."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from emr.common.errors import DomainError
from emr.common.masters import BED, MOVEMENT
from encounters.visits import codes
from encounters.visits import services as visits
from encounters.visits.models import Encounter, EncounterLocation
from integrations.his.models import Freshness
from integrations.his.reading import Adt
from integrations.his.services.freshness import is_news, stamp
from integrations.his.services.moves import is_place
from integrations.his.services.places import Place, bed_words, find_place, find_staff
from integrations.his.services.stays import ATTENDING, CLASSES, keep_details

# Seconds are often cut off by one sender and kept by another.
_SAME_TIME = timedelta(seconds=60)


def update_stay(adt: Adt, stay: Encounter) -> bool:
    """DG1, the attending doctor, and a bed where the stay has none at that time; True when anything changed.

    Another place, class or admission time is remarked on: they change by events of their own (A02, A01, A11).
    """
    changed = keep_details(adt, stay)
    if stay.status == Encounter.Status.ENTERED_IN_ERROR:
        return changed
    if not adt.keeps_here(MOVEMENT):
        _compare(adt, stay)
    changed |= _keep_attending(adt, stay)
    return _keep_place(adt, stay) or changed


def _compare(adt: Adt, stay: Encounter) -> None:
    """Remark on a class and an admission time other than the stay's."""
    is_before = stay.admitted_at is not None and adt.happened_at < stay.admitted_at
    sent_class = CLASSES.get(adt.pv1.patient_class, "")
    if sent_class and sent_class != (stay.arrival_class if is_before else stay.encounter_class):
        adt.remark("class_differs", sent=adt.pv1.patient_class)
    began = adt.pv1.admit_date_time
    known = [at for at in (stay.started_at, stay.admitted_at) if at is not None]
    if began is not None and all(abs(began.at - at) >= _SAME_TIME for at in known):
        shown = timezone.localtime(began.at).strftime("%d/%m/%Y %H:%M")
        adt.remark("admission_time_differs", sent=shown)


def _keep_attending(adt: Adt, stay: Encounter) -> bool:
    """PV1-7, unless newer news of it is there."""
    doctor = find_staff(adt, adt.pv1.attending_doctor)
    if doctor is None:
        if adt.pv1.attending_doctor.id_number:
            adt.remark("unmapped_attending", sent=adt.pv1.attending_doctor.id_number)
        return False
    attending = (
        stay.participants.filter(role=codes.ParticipantRole.ATTENDING).order_by("-starts_at", "-id").first()
    )
    is_same = attending is not None and attending.practitioner_id == doctor.pk
    if not is_news(Freshness.Subject.ENCOUNTER, stay.pk, ATTENDING, adt.happened_at):
        if not is_same:
            adt.remark("partly_older", groups="PV1-7")
        return False
    if not is_same and adt.keeps_here(MOVEMENT):
        adt.left_alone(MOVEMENT, "PV1-7")
        return False
    if not is_same:
        try:
            with transaction.atomic():
                visits.change_attending(encounter=stay, attending=doctor, by=adt.account, at=adt.happened_at)
        except DomainError as refusal:
            adt.remark("left_out", text=f"PV1-7: {refusal}")
            return False
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, ATTENDING, adt.happened_at, adt.message)
    return not is_same


def _keep_place(adt: Adt, stay: Encounter) -> bool:
    """A bed of the department where the patient was at that time, if they had none; anything else is a transfer's to say."""
    sent = adt.pv1.assigned_patient_location
    if not sent.point_of_care:
        return False
    rows = EncounterLocation.objects.filter(encounter=stay, cancelled_at=None, starts_at__lte=adt.happened_at)
    row = rows.select_related("department", "location").order_by("-starts_at", "-id").first()
    if row is None:
        return False
    place = find_place(adt, sent)
    has_no_bed = row.location is None and not row.location_as_sent
    is_department = place.department is not None and place.department == row.department
    is_bed_to_give = place.bed is not None and has_no_bed and is_department
    if not is_bed_to_give and (is_place(row, place, sent) or (is_department and adt.keeps_here(BED))):
        return False
    if matter := next((matter for matter in (MOVEMENT, BED) if adt.keeps_here(matter)), ""):
        adt.left_alone(matter, "PV1-3")
        return False
    if not is_bed_to_give:
        words = (sent.point_of_care, bed_words(sent))
        adt.remark("place_differs", sent=" ".join(part for part in words if part))
        return False
    return _give_bed(adt, stay, row, place)


def _give_bed(adt: Adt, stay: Encounter, row: EncounterLocation, place: Place) -> bool:
    """Since the patient came there; from the message's time on where somebody else had the bed before."""
    assert place.department is not None  # noqa: S101  # a bed is found in a department alone
    try:
        with transaction.atomic():
            visits.map_place(place=row, department=place.department, bed=place.bed, by=adt.account)
    except DomainError:
        try:
            with transaction.atomic():
                visits.move_bed(encounter=stay, bed=place.bed, by=adt.account, at=adt.happened_at)
        except DomainError as refusal:
            adt.remark("left_out", text=f"PV1-3: {refusal}")
            return False
    return True
