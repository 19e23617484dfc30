"""Production refuses the demo hospital: its passwords stand in the documentation (S-59)."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from emr.accounts.models import User

DEMO_FACILITY = "99999"
DEMO_USERS = ("bacsi", "quantri", "tiepdon")


def refuse_demo_data() -> None:
    """Stop a process of a real hospital whose database holds the demo's people."""
    if settings.EMR_DEMO:
        return
    if User.objects.filter(facility__code=DEMO_FACILITY, username__in=DEMO_USERS).exists():
        raise ImproperlyConfigured(
            "DATABASE_URL names a database with the demo hospital in it. Production needs an empty one."
        )
