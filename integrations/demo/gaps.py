"""A gap of a record that the head of the department answers for; the others are there by themselves."""

from emr.accounts.models import User
from encounters.completeness.selectors import gaps_of
from encounters.completeness.services import override_gap
from encounters.visits.models import Encounter


def build(people: dict[str, User]) -> None:
    """A day without a treatment sheet, in internal medicine, set aside with its reason."""
    head = people["truongkhoa"]
    stays = Encounter.objects.filter(
        facility=head.facility,
        status=Encounter.Status.IN_PROGRESS,
        encounter_class=Encounter.Class.INPATIENT,
        department__code="K03",
    ).select_related("department")
    for stay in stays.order_by("pk"):
        gap = next((gap for gap in gaps_of(stay) if gap.rule == "daily-entry"), None)
        if gap is not None:
            reason = "Người bệnh đi chụp ở bệnh viện khác cả ngày, có giấy kèm theo"
            override_gap(encounter=stay, key=gap.key, reason=reason, by=head)
            return
