"""An who orders, Bình and Cúc who give, Đào in bed 01; short ways from an order to a dose given."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from emr.accounts.models import User
from emr.common.clock import now
from encounters.documents import services as documents
from encounters.medicines import services
from encounters.medicines.models import DueDose, MedicationAdministration
from encounters.medicines.services import Told
from encounters.orders.models import MedicationRequest
from encounters.orders.services import add_medication
from encounters.visits.models import Encounter
from tests.emr.people import make_binh, make_user
from tests.encounters import chart
from tests.encounters.visits.ward import ago, department, make_bed


def make_world(**stay: Any) -> tuple[User, User, Encounter]:
    """(An who orders, Bình who gives, Đào in bed 01 since nine hours)."""
    an, encounter = chart.make_stay(**{"bed": make_bed("01"), "at": ago(hours=9)} | stay)
    return an, make_binh(department()), encounter


def make_cuc() -> User:
    """Cúc, the second nurse."""
    return make_user("cuc", "Hoàng Thị Cúc", "nurse", department(), title="ĐD")


def order(
    stay: Encounter, by: User, *, plan: bool = True, at: dt.datetime | None = None, **told: Any
) -> MedicationRequest:
    """A medicine in effect, its doses made; twice a day unless something else is said."""
    entry = chart.begin(stay, by, **({"happened_at": at, "late_reason": "Mất mạng"} if at else {}))
    draft = documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=by)
    usual = {
        "text": "Cefotaxim 1 g",
        "route": "IV",
        "dose": Decimal(1),
        "dose_unit": "lo",
        "times_per_day": 2,
    }
    row = add_medication(entry=entry, by=by, **usual | told)
    documents.finalize_document(document=entry, revision=draft.revision, by=by)
    row.refresh_from_db()
    if plan:
        services.plan_order(order_id=row.pk)
    return row


def once(stay: Encounter, by: User, *, minutes: int = 0, **told: Any) -> DueDose:
    """The one dose of an order for a time, `minutes` from now."""
    at = (now() + dt.timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    return DueDose.objects.get(order=order(stay, by, occurrence_at=at, times_per_day=None, **told))


def key() -> Told:
    """A new act, now."""
    return Told(key=uuid.uuid4())


def give(dose: DueDose, by: User, told: Told | None = None, **more: Any) -> MedicationAdministration:
    """Wristband and label."""
    return services.give_dose(dose=dose, encounter=dose.encounter, told=told or key(), by=by, **more)
