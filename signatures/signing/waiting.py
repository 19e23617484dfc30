"""For the boards: how much waits for whose signature."""

from django.db.models import Count, Min

from encounters.documents.signed import Waits
from signatures.signing.models import SigningRequest


def waiting_by(facility_id: int, departments: frozenset[int] | None) -> dict[int, Waits]:
    """{person's id: documents whose turn it is to be signed by them}; one query, on the partial index of open requests."""
    asked = SigningRequest.objects.filter(
        facility_id=facility_id,
        status__in=SigningRequest.OPEN,
        is_seal=False,
        waiting_since__isnull=False,
    )
    if departments is not None:
        asked = asked.filter(version__document__department__in=departments)
    counted = asked.order_by().values("signer").annotate(count=Count("pk"), since=Min("waiting_since"))
    return {row["signer"]: Waits(row["count"], row["since"]) for row in counted}
