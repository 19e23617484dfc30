"""Questions about records' files and extracts."""

from django.db.models import F, Q, QuerySet

from emr.common.clock import local_today
from emr.common.vietnamese import fold
from encounters.bundles.models import Bundle, RecordExtract
from encounters.visits.models import Encounter


def bundle_of(encounter: Encounter) -> Bundle | None:
    """The record's newest file that wasn't called off; one query."""
    return (
        Bundle.objects.filter(encounter=encounter, extract=None)
        .exclude(status=Bundle.Status.CANCELLED)
        .select_related("attachment__key", "requested_by", "encounter")
        .defer("content")
        .order_by("-pk")
        .first()
    )


def by_state() -> dict[str, Q]:
    """The filters of the desk's list; "open": approved, and its term isn't over."""
    over = Q(expires_on__lt=local_today())
    return {
        "all": Q(),
        "asked": Q(status=RecordExtract.Status.ASKED),
        "open": Q(status=RecordExtract.Status.APPROVED) & ~over,
        "over": Q(status=RecordExtract.Status.APPROVED) & over,
        "refused": Q(status__in=[RecordExtract.Status.REFUSED, RecordExtract.Status.WITHDRAWN]),
    }


def searched(extracts: QuerySet[RecordExtract], words: str) -> QuerySet[RecordExtract]:
    """Those of a patient's name (without accents too), stay, code or receiver."""
    plain = " ".join(fold(words).split())
    if not plain:
        return extracts
    compact = plain.replace(" ", "").upper()
    return extracts.filter(
        Q(patient__search_name__contains=plain)
        | Q(encounter__identifier__iexact=compact)
        | Q(verify_code=compact)
        | Q(receiver__icontains=words.strip())
    )


def listed(extracts: QuerySet[RecordExtract]) -> QuerySet[RecordExtract]:
    """As the desk lists them: what waits for a decision first, then the newest."""
    return (
        extracts.select_related("patient", "encounter", "asked_by", "decided_by", "bundle")
        .defer("bundle__content")
        .annotate(made_status=F("bundle__status"))
        .order_by("-asked_at", "-pk")
    )


def extract_by_code(code: str) -> RecordExtract | None:
    """The extract that a printed code names, however it was typed; only approved ones were ever printed."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return (
        RecordExtract.objects.filter(verify_code=plain, decided_at__isnull=False)
        .exclude(status=RecordExtract.Status.REFUSED)
        .select_related("facility", "bundle__attachment__key")
        .first()
    )
