"""The request as views see it."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from emr.accounts.models import User


class StaffRequest(HttpRequest):
    """A request of a member of staff who is signed in."""

    user: "User"
    htmx: HtmxDetails
