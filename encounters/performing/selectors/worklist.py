"""What waits for a technician: orders of one kind, the pressing ones first."""

import datetime as dt

from django.db.models import Case, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.vietnamese import fold
from encounters.orders.models import ServiceRequest
from encounters.orders.selectors.catalogue import in_force
from encounters.performing.models import ReportPhrase
from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import PROVISIONAL
from encounters.specimens.models import RequestEvent, SpecimenRequest
from encounters.specimens.selectors.wanted import RANKS
from patients.registry.access import not_hidden

SOURCE = "person"
# How long a value waits on the list for its release when its order has ended.
_LEFT_FOR = dt.timedelta(days=60)
STATES: dict[str, StrOrPromise] = {
    "": _("To do"),
    "release": _("To be released"),
    "done": pgettext_lazy("orders", "Released"),
}


def worklist(
    user: User, right: str, category: str, state: str = "", words: str = ""
) -> QuerySet[ServiceRequest]:
    """Orders of the kind: without a result (""), with a provisional one ("release"), answered here ("done").

    What another system has spoken of is that system's and isn't listed. Immediate ones first, then the oldest. Two
    queries more for the page's rows, another for the list of those to be released.
    """
    ours = DiagnosticReport.objects.filter(request=OuterRef("pk"), source=SOURCE, replaced_by=None)
    theirs = RequestEvent.objects.filter(request=OuterRef("pk")).exclude(system="")
    found = ServiceRequest.objects.filter(
        not_hidden(user, right, "patient"),
        ~Exists(theirs),
        facility_id=user.facility_id,
        category=category,
        confirmed_at__isnull=False,
    )
    if state == "done":
        found = found.filter(Exists(ours), status=ServiceRequest.Status.COMPLETED)
    else:
        waits = Exists(ours.filter(status__in=PROVISIONAL))
        is_active = Q(status=ServiceRequest.Status.ACTIVE)
        if state == "release":
            found = found.filter(is_active & waits | Q(pk__in=_left_behind(user.facility_id)))
        else:
            found = found.filter(~waits, is_active)
    for word in fold(words).split():
        found = found.filter(
            Q(patient__search_name__contains=word)
            | Q(placer_number__startswith=word.upper())
            | Q(specimens__accession_number__startswith=word.upper())
        )
    rank = Case(
        *(When(priority=code, then=place) for code, place in RANKS.items()), output_field=IntegerField()
    )
    current = SpecimenRequest.objects.filter(is_current=True).select_related("specimen__collector")
    reports = DiagnosticReport.objects.filter(source=SOURCE, replaced_by=None).order_by("pk")
    found = (
        found.annotate(rank=rank)
        .select_related("patient", "encounter__department", "requester")
        .prefetch_related(
            Prefetch("specimen_rows", current, to_attr="current_tubes"),
            Prefetch("reports", reports, to_attr="own_reports"),
        )
        .distinct()
    )
    return (
        found.order_by("-confirmed_at", "-pk")
        if state == "done"
        else found.order_by("rank", "confirmed_at", "pk")
    )


def _left_behind(facility_id: int) -> list[int]:
    """Orders with a value of the last weeks that nobody has released, stopped ones too: what was measured is told."""
    found = DiagnosticReport.objects.filter(
        facility=facility_id,
        source=SOURCE,
        status__in=PROVISIONAL,
        issued_at__gte=now() - _LEFT_FOR,
        replaced_by=None,
        request__isnull=False,
    )
    return list(found.values_list("request_id", flat=True))


def held_report(request: ServiceRequest) -> DiagnosticReport | None:
    """The version that holds of what was entered here for the order."""
    found = DiagnosticReport.objects.filter(request=request, source=SOURCE, replaced_by=None)
    return (
        found.exclude(status="entered-in-error")
        .select_related("author", "approved_by")
        .order_by("-pk")
        .first()
    )


def phrases_for(request: ServiceRequest) -> list[ReportPhrase]:
    """Phrases of the service, then those of every one."""
    found = in_force(
        ReportPhrase.objects.filter(facility=request.facility_id, service__in=[request.code, ""])
    )
    return sorted(found, key=lambda phrase: (phrase.service == "", phrase.title))
