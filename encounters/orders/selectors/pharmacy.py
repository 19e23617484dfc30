"""What waits for the pharmacist, and what a review of one stay has to see."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, DateTimeField, ExpressionWrapper, F, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from emr.accounts.models import Organization, User
from emr.common.clock import local_today
from encounters.orders import permissions
from encounters.orders.checks import Alert
from encounters.orders.kidney import estimated_gfr
from encounters.orders.models import MedicationRequest, Order, PharmacyComment, PharmacyReview
from encounters.orders.providers import Creatinine, creatinine_of, weight_of
from encounters.orders.selectors.changes import is_unchanged
from encounters.orders.selectors.checking import alerts_about, running_on
from encounters.orders.selectors.orders import lines
from encounters.visits.access import stay_reached
from encounters.visits.models import Condition, Encounter
from encounters.visits.selectors.wards import day_bounds
from patients.history.selectors import Summary, summary_of

WAITING, ASKED, ALL = "waiting", "asked", "all"
SHOWN = (WAITING, ASKED, ALL)
_HELD = [PharmacyReview.Status.ON_HOLD, PharmacyReview.Status.REJECTED]


def _is_waiting(path: str = "") -> Q:
    review = f"{path}pharmacy_review"
    return Q(**{f"{path}status": Order.Status.ACTIVE}) & (
        Q(**{review: None}) | Q(**{f"{review}__status": PharmacyReview.Status.REQUESTED})
    )


def _is_asked(path: str = "") -> Q:
    unanswered = PharmacyComment.objects.exclude(kind=PharmacyComment.Kind.ANSWER).filter(answered_by=None)
    return Q(**{f"{path}pharmacy_review__status__in": _HELD, f"{path}status": Order.Status.ON_HOLD}) | Q(
        **{f"{path}pk__in": unanswered.values("order")}
    )


def medicines_for(user: User) -> QuerySet[MedicationRequest]:
    """Medicines in effect or held whose last day isn't over, of the patients whom the person reviews."""
    tomorrow = day_bounds(local_today())[1]
    ends = ExpressionWrapper(
        Coalesce("effective_at", "entry__happened_at", "authored_at") + F("days") * dt.timedelta(days=1),
        output_field=DateTimeField(),
    )
    return MedicationRequest.objects.filter(
        stay_reached(user, permissions.REVIEW, "encounter"),
        facility_id=user.facility_id,
        status__in=[Order.Status.ACTIVE, Order.Status.ON_HOLD],
    ).filter(pk__in=MedicationRequest.objects.annotate(ends=ends).filter(ends__gte=tomorrow).values("pk"))


def pharmacy_stays(
    user: User, *, show: str = WAITING, department: Organization | None = None, text: str = ""
) -> QuerySet[Encounter]:
    """The stays with medicines to review, the urgent and the newest first; with `waiting`, `urgent` and `newest`.

    `text`: part of the patient's name, or of a medicine's.
    """
    medicines = medicines_for(user)
    if text.strip():
        medicines = medicines.filter(
            Q(patient__full_name__icontains=text.strip())
            | Q(text__icontains=text.strip())
            | Q(ingredient__icontains=text.strip())
        )
    waits = {WAITING: _is_waiting(), ASKED: _is_asked()}.get(show)
    if waits is not None:
        medicines = medicines.filter(waits)
    found = Encounter.objects.filter(pk__in=medicines.values("encounter"))
    if department is not None:
        found = found.filter(department=department)
    counted = Q(medicationrequests__in=medicines)
    pressing = counted & Q(medicationrequests__priority__in=[Order.Priority.STAT, Order.Priority.URGENT])
    return (
        found.select_related("patient", "department")
        .annotate(
            waiting=Count("medicationrequests", filter=counted),
            urgent=Count("medicationrequests", filter=pressing),
            newest=Max("medicationrequests__confirmed_at", filter=counted),
        )
        .order_by("-urgent", "-newest", "pk")
    )


def departments_with_medicines(user: User) -> list[tuple[Organization, int]]:
    """Departments and how many medicines wait there, by name. Two queries."""
    counts = dict(
        medicines_for(user)
        .filter(_is_waiting())
        .order_by()
        .values_list("encounter__department")
        .annotate(n=Count("pk"))
    )
    found = Organization.objects.filter(pk__in=[pk for pk in counts if pk]).order_by("name")
    return [(department, counts[department.pk]) for department in found]


def count_waiting(user: User) -> tuple[int, int]:
    """(medicines that wait, those of them that are urgent)."""
    waiting = medicines_for(user).filter(_is_waiting()).order_by()
    return waiting.count(), waiting.exclude(priority=Order.Priority.ROUTINE).count()


@dataclass(slots=True)
class Reviewed:
    """One medicine for the review: its words, what the checks say, what was said about it."""

    order: MedicationRequest
    text: str
    spoken: str = ""
    review: PharmacyReview | None = None
    changed_from: str = ""
    alerts: list[Alert] = field(default_factory=list)
    comments: list[PharmacyComment] = field(default_factory=list)

    @property
    def is_waiting(self) -> bool:
        """Whether it can be accepted."""
        return self.order.status == Order.Status.ACTIVE and (
            self.review is None or self.review.status == PharmacyReview.Status.REQUESTED
        )

    @property
    def is_held_here(self) -> bool:
        """On hold by a pharmacist."""
        return (
            self.order.status == Order.Status.ON_HOLD
            and self.review is not None
            and self.review.status in _HELD
        )


@dataclass(slots=True)
class StayReview:
    """A stay as the pharmacist sees it. `weight` in kg, `gfr` in mL/min/1,73 m² (an estimate)."""

    encounter: Encounter
    summary: Summary
    diagnoses: list[Condition]
    age: int | None
    weight: Decimal | None
    creatinine: Creatinine | None
    gfr: int | None
    medicines: list[Reviewed]


def review_of_stay(encounter: Encounter) -> StayReview:
    """Everything that a review looks at; a fixed number of queries, however many medicines."""
    today = local_today()
    patient = encounter.patient
    orders = sorted(
        running_on(encounter.pk, today),
        key=lambda order: (order.confirmed_at or order.authored_at, order.pk),
        reverse=True,
    )
    creatinine = creatinine_of([patient.pk]).get(patient.pk)
    age = _age(patient.birth_date, patient.birth_year, today)
    return StayReview(
        encounter=encounter,
        summary=summary_of(patient),
        diagnoses=list(
            Condition.objects.filter(encounter=encounter, status=Condition.Status.CONFIRMED).order_by("pk")
        ),
        age=age,
        weight=weight_of(encounter),
        creatinine=creatinine,
        gfr=estimated_gfr(creatinine.micromoles, age=age, sex=patient.sex) if creatinine else None,
        medicines=_reviewed(encounter, orders, today),
    )


def _age(birth_date: dt.date | None, birth_year: int | None, today: dt.date) -> int | None:
    if birth_date is not None:
        return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    return today.year - birth_year if birth_year else None


def _reviewed(encounter: Encounter, orders: list[MedicationRequest], today: dt.date) -> list[Reviewed]:
    numbers = [order.pk for order in orders]
    before = {
        order.pk: order
        for order in MedicationRequest.objects.filter(
            pk__in=[order.based_on_id for order in orders if order.based_on_id]
        )
    }
    reviews = {
        review.order_id: review
        for review in PharmacyReview.objects.filter(order__in=[*numbers, *before]).select_related(
            "decided_by", "carried_from"
        )
    }
    comments: dict[int, list[PharmacyComment]] = {}
    for comment in (
        PharmacyComment.objects.filter(order__in=numbers)
        .select_related("author", "answered_by")
        .order_by("pk")
    ):
        comments.setdefault(comment.order_id, []).append(comment)
    texts = lines([*orders, *before.values()])
    words = {line["uuid"]: line for line in texts}
    alerts = alerts_about(encounter, orders, on=today)
    found = []
    for order in orders:
        earlier = before.get(order.based_on_id) if order.based_on_id else None
        found.append(
            Reviewed(
                order=order,
                text=words[str(order.uuid)]["text"],
                spoken=words[str(order.uuid)]["spoken"],
                review=reviews.get(order.pk),
                changed_from=words[str(earlier.uuid)]["text"]
                if earlier is not None and not is_unchanged(order, earlier)
                else "",
                alerts=[alert for alert in alerts if alert.order_uuid == str(order.uuid)],
                comments=comments.get(order.pk, []),
            )
        )
    return found


def asked_of(user: User) -> QuerySet[PharmacyComment]:
    """What pharmacists ask this doctor, or the doctors of the person's departments, and nobody has answered; oldest first.

    Of orders that are over nothing is asked any more.
    """
    mine = Q(order__requester=user)
    departments = user.departments_for(permissions.PLACE)
    team = (
        Q(encounter__department__in=departments)
        if isinstance(departments, frozenset)
        else Q(facility_id=user.facility_id)
    )
    return (
        PharmacyComment.objects.filter(
            mine | team,
            stay_reached(user, permissions.READ, "encounter"),
            facility_id=user.facility_id,
            answered_by=None,
            order__status__in=[Order.Status.ACTIVE, Order.Status.ON_HOLD],
        )
        .exclude(kind=PharmacyComment.Kind.ANSWER)
        .select_related("order", "patient", "encounter__department", "author")
        .order_by("pk")
    )


def comments_of_orders(order_ids: list[int]) -> dict[int, list[PharmacyComment]]:
    """{order: what was said about it, in order}. One query."""
    found: dict[int, list[PharmacyComment]] = {}
    rows = PharmacyComment.objects.filter(order__in=order_ids).select_related("author", "answered_by")
    for comment in rows.order_by("pk"):
        found.setdefault(comment.order_id, []).append(comment)
    return found
