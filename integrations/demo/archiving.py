"""A record of the demo hospital as a file, and an extract of it that waits for the planning office."""

import datetime as dt
import uuid

from emr.accounts.models import User
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.outbox import Later
from encounters.bundles.contents import pieces
from encounters.bundles.services import ask_extract, request_bundle
from encounters.visits.models import Encounter


def build_file(*, encounter_id: int) -> None:
    """Ask for both as the records office would; to be called later while pages are still being printed (Later)."""
    stay = Encounter.objects.select_related("facility", "patient", "department").get(pk=encounter_id)
    clerk = User.objects.get(facility=stay.facility, username="luutru")
    try:
        request_bundle(stay, by=clerk, archive_number=stay.archive_number)
    except DomainError:
        raise Later from None
    ask_extract(
        encounter=stay,
        parts=[piece["uuid"] for piece in pieces(stay) if piece["flag"] != "replaced"][:2],
        receiver_kind="court",
        receiver="Tòa án nhân dân khu vực 1",
        purpose="Giải quyết vụ án dân sự",
        reference="31/TA-DS",
        expires_on=local_today() + dt.timedelta(days=20),
        key=uuid.uuid5(uuid.NAMESPACE_OID, f"demo:{stay.pk}"),
        by=clerk,
    )
