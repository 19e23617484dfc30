"""How a record is kept: its paper, its term, what forbids its disposal."""

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.records import retention
from encounters.records.models import Keeping
from encounters.records.services.moving import set_retention
from encounters.visits.models import Encounter


def _kept(encounter: Encounter) -> Keeping:
    return Keeping.objects.select_for_update().get_or_create(
        encounter=encounter, defaults={"facility_id": encounter.facility_id}
    )[0]


@transaction.atomic
def keep_paper(*, encounter: Encounter, is_hybrid: bool, barcode: str, shelf: str, by: User) -> Keeping:
    """Say that part of the record is paper, and where its folder stands (R-07); or that there is none."""
    keeping = _kept(encounter)
    keeping.is_hybrid = is_hybrid
    keeping.barcode, keeping.shelf = (barcode.strip().upper(), shelf.strip()) if is_hybrid else ("", "")
    if is_hybrid and not (keeping.barcode and keeping.shelf):
        raise DomainError(_("Give the folder's barcode and its shelf."), code="no_shelf", field="shelf")
    try:
        with transaction.atomic():
            keeping.save(update_fields=["is_hybrid", "barcode", "shelf"])
    except IntegrityError as error:
        raise DomainError(
            _("Another folder has this barcode."), code="barcode_taken", field="barcode"
        ) from error
    record("record.keep_paper", by=by, of=encounter, detail={"hybrid": is_hybrid, "barcode": keeping.barcode})
    return keeping


@transaction.atomic
def set_classes(*, encounter: Encounter, codes: Collection[str], by: User) -> Keeping:
    """Add classes that no fact of the stay brings (a transplant, an incident); an archived record's term grows with them."""
    known = {kind.code for kind in retention.by_hand()}
    if set(codes) - known:
        raise DomainError(_("There is no such class."), code="unknown_class", field="classes")
    keeping = _kept(encounter)
    keeping.added_classes = sorted(set(codes))
    keeping.save(update_fields=["added_classes"])
    if encounter.record_state == Encounter.RecordState.ARCHIVED:
        set_retention(keeping, encounter)
    record("record.change", by=by, of=encounter, detail={"classes": keeping.added_classes})
    return keeping


@transaction.atomic
def hold(*, encounter: Encounter, reason: str, by: User) -> Keeping:
    """Forbid the record's disposal, for a court or an inspection, until the hold is lifted."""
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="reason_required", field="reason")
    keeping = _kept(encounter)
    keeping.is_held, keeping.hold_reason = True, reason.strip()[:300]
    keeping.held_by, keeping.held_at = by, now()
    keeping.save(update_fields=["is_held", "hold_reason", "held_by", "held_at"])
    record("record.hold", by=by, of=encounter)
    return keeping


@transaction.atomic
def release_hold(*, encounter: Encounter, reason: str, by: User) -> Keeping:
    """Lift the hold; why stays in the log and the row's history."""
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="reason_required", field="reason")
    keeping = _kept(encounter)
    keeping.is_held = False
    keeping.save(update_fields=["is_held"])
    record("record.release", by=by, of=encounter, detail={"reason": reason.strip()[:200]})
    return keeping
