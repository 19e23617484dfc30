"""Which dose a manufacturer's package is for."""

import datetime as dt
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from encounters.medicines.gs1 import BadCode, Package, read_package
from encounters.medicines.models import DueDose, MedicinePackage
from encounters.orders.models import Order
from encounters.orders.selectors.catalogue import in_force
from encounters.visits.models import Encounter

_EARLY = dt.timedelta(hours=2)


def packages_of(code: str) -> list[Package]:
    """What stands on the package, in each way to read it; none where this is no GS1 code. Raises DomainError `misread`."""
    try:
        return read_package(code, local_today())
    except BadCode as error:
        raise DomainError(
            _("This code can't be read whole: scan it again, or set the scanner to send the separator (GS)."),
            code="misread",
        ) from error


def dose_of_package(encounter: Encounter, package: Package, *, sent_as: UUID) -> DueDose:
    """The open dose that the package is for, the one due first; of an act that was sent before, the dose it was.

    Raises DomainError by `code`: unknown_package, not_ordered, several_doses.
    """
    doses = DueDose.objects.filter(encounter=encounter).select_related(
        "order", "patient", "encounter__patient", "encounter__department", "facility"
    )
    if (before := doses.filter(administrations__key=sent_as).first()) is not None:
        return before
    row = in_force(
        MedicinePackage.objects.filter(facility_id=encounter.facility_id, code=package.gtin)
    ).first()
    if row is None:
        raise DomainError(
            _("No medicine has the GTIN %(gtin)s: give by our label, and tell the pharmacy.")
            % {"gtin": package.gtin},
            code="unknown_package",
        )
    waiting = (
        doses.filter(order__code=row.medicine, kind=DueDose.Kind.SCHEDULED)
        .filter(outcome="", ended="", due_at__lte=now() + _EARLY)
        .filter(Q(order__status=Order.Status.ACTIVE) | Q(order__status=Order.Status.COMPLETED))
        .order_by("due_at", "pk")
    )
    found = list(waiting[:2])
    if not found:
        raise DomainError(
            _("NOT DUE: nothing of %(name)s is to be given to this patient now.")
            % {"name": row.name or row.medicine},
            code="not_ordered",
        )
    if len(found) > 1 and found[0].due_at == found[1].due_at:
        raise DomainError(
            _("Two doses of %(name)s are due at once: scan our label.") % {"name": found[0].order.text},
            code="several_doses",
        )
    return found[0]
