"""Questions about signatures."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import TruncMonth
from django.utils import timezone

from emr.accounts.models import Organization, PractitionerRole, User
from emr.common.clock import now
from encounters.documents import permissions as documents
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from encounters.documents.signed import SignedBy
from patients.registry.access import emergency_until, not_hidden, reaches
from signatures.providers.house import name_of
from signatures.signing.models import Signature, SigningRequest

# See SigningRequest.blocks.
BLOCKS = Q(status__in=SigningRequest.UNDER_WAY) | Q(status="refused", settled_at=None)


def waiting_for(user: User) -> QuerySet[SigningRequest]:
    """What waits for the person's signature now, oldest first: open, and every turn before it done.

    Annotated with `title` (the form's name) and `newest` (revision of the newest PDF, None before it is rendered).
    """
    before = SigningRequest.objects.filter(BLOCKS, version=OuterRef("version"), turn__lt=OuterRef("turn"))
    return (
        SigningRequest.objects.filter(signer=user, status__in=SigningRequest.OPEN)
        .exclude(Exists(before))
        .filter(Q(version__author=user) | not_hidden(user, documents.READ, "version__document__patient"))
        .select_related(
            "version__document__patient",
            "version__document__department",
            "version__document__author",
            "on_behalf_of",
        )
        .defer("tail", "version__composition")
        .annotate(title=form_title(), newest=_newest("version_id"))
        .order_by("created_at", "pk")
    )


def form_title(version: str = "version") -> KeyTextTransform:
    """The form's name as it is printed, read out of the frozen composition without loading all of it."""
    return KeyTextTransform("title", KeyTransform("header", f"{version}__composition"))


def _newest(version: str) -> Subquery:
    rows = DocumentBytes.objects.filter(version_id=OuterRef(version)).order_by("-revision")
    return Subquery(rows.values("revision")[:1])


def being_embedded(user: User) -> QuerySet[SigningRequest]:
    """What the person has signed and a worker hasn't finished yet."""
    return SigningRequest.objects.filter(signer=user, status=SigningRequest.Status.SIGNED).defer("tail")


def steps_of(document: Document) -> QuerySet[SigningRequest]:
    """The signing steps of the document's current version, in order."""
    return (
        SigningRequest.objects.filter(version_id=document.current_version_id)
        .select_related("signer", "signature", "on_behalf_of")
        .defer("tail")
        .order_by("turn", "step")
    )


def versions_owed_a_timestamp() -> QuerySet[DocumentVersion]:
    """Versions signed while the timestamp authority was away, oldest first; without those being signed right now.

    What somebody looks at or has just signed was prepared over the newest PDF: a timestamp would put another before it.
    """
    requests = SigningRequest.objects.filter(version=OuterRef("pk"))
    busy = requests.filter(Q(status="signed") | Q(status="ready", expires_at__gt=now()))
    return (
        DocumentVersion.objects.filter(pk__in=owing_requests().values("version_id"))
        .exclude(Exists(busy))
        .order_by("pk")
    )


def owing_requests() -> QuerySet[SigningRequest]:
    """Signatures without the timestamp that they were to have."""
    return SigningRequest.objects.filter(owes_timestamp=True).defer("tail")


def signatures_of(version_ids: Collection[int]) -> dict[int, list[SignedBy]]:
    """Who signed these versions, in order, as far as the signature stands in the PDF. One query."""
    made = (
        Signature.objects.filter(
            request__version_id__in=version_ids, request__status=SigningRequest.Status.COMPLETED
        )
        .select_related("request__signer", "request__facility")
        .defer("request__tail")
        .order_by("request__base_revision")
    )
    found: dict[int, list[SignedBy]] = {}
    for signature in made:
        request = signature.request
        name = request.facility.name if request.is_seal else request.signer.titled_name
        signed = SignedBy(name, request.capacity, signature.signed_at)
        found.setdefault(request.version_id, []).append(signed)
    return found


@dataclass(frozen=True)
class MonthlyCost:
    """Signatures of one month with one keeper's keys; `cost` in đồng, as it was on the day of each."""

    month: dt.datetime
    kept_by: str
    count: int
    cost: int

    @property
    def each(self) -> int:
        """What one cost on average."""
        return round(self.cost / self.count) if self.count else 0


def costs_by_month(facility: Organization, *, months: int) -> list[MonthlyCost]:
    """The facility's signatures of this month and those before, newest first. One query."""
    first = timezone.localtime(now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _month in range(months - 1):
        first = (first - dt.timedelta(days=1)).replace(day=1)
    made = (
        Signature.objects.filter(facility=facility, signed_at__gte=first)
        .annotate(month=TruncMonth("signed_at"))
        .values("month", "certificate__credential__service")
        .annotate(count=Count("pk"), total=Sum("cost"))
        .order_by("-month", "certificate__credential__service")
    )
    return [
        MonthlyCost(
            month=row["month"],
            kept_by=name_of(row["certificate__credential__service"] or ""),
            count=row["count"],
            cost=row["total"],
        )
        for row in made
    ]


def next_for(user: User, *, after: SigningRequest) -> SigningRequest | None:
    """What the person may sign next; the other way is back to the tray."""
    return waiting_for(user).exclude(pk=after.pk).first()


def countersigners(document: Document, *, asked: Iterable[SigningRequest]) -> list[User]:
    """Who may be asked to sign too: the heads of the document's department, then the directors, without those asked.

    Whoever was asked and refused, or isn't asked any more, may be asked again.
    """
    moment = now()
    held = PractitionerRole.objects.filter(
        Q(department_id=document.department_id, role="head_of_department") | Q(role="director"),
        Q(ends_at=None) | Q(ends_at__gt=moment),
        starts_at__lte=moment,
        user__facility_id=document.facility_id,
        user__is_active=True,
    )
    excluded = {step.principal_id for step in asked if step.blocks or step.status == "completed"}
    people = {
        role.user.pk: role.user for role in held.select_related("user").order_by("-role", "user__sort_key")
    }
    return [
        person for key, person in people.items() if key not in excluded and may_countersign(person, document)
    ]


def colleagues(document: Document, *, asked: Iterable[SigningRequest]) -> list[User]:
    """Doctors of the house who may be asked as members of a consultation, by name, without the author and those asked."""
    excluded = {step.principal_id for step in asked if step.blocks or step.status == "completed"}
    held = PractitionerRole.objects.at(now()).filter(
        user__facility_id=document.facility_id,
        user__is_active=True,
        role__in=["doctor", "head_of_department"],
    )
    people = User.objects.filter(pk__in=held.values("user")).exclude(pk__in=excluded | {document.author_id})
    if document.patient.is_restricted:
        return [one for one in people.order_by("sort_key") if may_countersign(one, document)]
    return list(people.order_by("sort_key"))


def may_countersign(person: User, document: Document) -> bool:
    """Whether somebody else's document may be put before the person: not when the chart is restricted and they are not of
    those who see it, nor on the strength of emergency access (S-05, S-11).
    """
    patient = document.patient
    if not patient.is_restricted and emergency_until(person, patient) is None:
        return True
    return reaches(person, patient, documents.READ)


def latest_bytes(version: DocumentVersion) -> DocumentBytes | None:
    """The newest PDF of a version; None before it is rendered."""
    return version.bytes.select_related("attachment__key").order_by("-revision").first()


def latest_revision(version_id: int) -> int | None:
    """The number of the newest PDF of a version; None before it is rendered."""
    found = DocumentBytes.objects.filter(version_id=version_id).aggregate(latest=Max("revision"))
    return found["latest"]  # type: ignore[no-any-return]
