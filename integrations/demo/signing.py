"""The director goes away next week, and the head of the planning office signs by authorisation."""

import datetime as dt

from emr.accounts.models import User
from emr.common.clock import local_today
from signatures.signing.models import Delegation
from signatures.signing.services import delegate_signing


def build(people: dict[str, User]) -> None:
    """A delegation for days to come, so that it stands on both people's pages and moves nothing yet."""
    begins = local_today() + dt.timedelta(days=7)
    delegate_signing(
        principal=people["giamdoc"],
        delegate=people["khth"],
        manner=Delegation.Manner.AUTHORISED,
        starts_on=begins,
        ends_on=begins + dt.timedelta(days=4),
        reason="Quyết định 12/QĐ-BV: đi công tác",
    )
