"""The ward's disclosures of a day: made for all who have something to be told, one document each."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from emr.accounts.models import User
from emr.common.errors import DomainError
from encounters.documents.daily import daily_disclosure
from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class Made:
    """How many documents are there and up to date now; what refused, in words, each once."""

    count: int
    refusals: list[str]


def make_disclosures(*, stays: Iterable[Encounter], start: dt.datetime, end: dt.datetime, by: User) -> Made:
    """Make or bring up to date the disclosure of each stay. One that can't be made doesn't hold the others up.

    Asked again it changes nothing where nothing was given since.
    """
    disclosure, count = daily_disclosure(), 0
    refusals: dict[str, None] = {}
    if disclosure is None:
        return Made(0, [])
    for stay in stays:
        try:
            with transaction.atomic():
                disclosure.compose(encounter=stay, start=start, end=end, by=by)
        except DomainError as refusal:
            refusals[str(refusal)] = None
        else:
            count += 1
    return Made(count, list(refusals))
