"""Production refuses the demo hospital, whose passwords stand in the documentation (S-59); a training copy any other."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from emr.accounts.models import Organization, User

DEMO_FACILITY = "99999"
DEMO_USERS = ("bacsi", "quantri", "tiepdon")


def refuse_demo_data() -> None:
    """Stop a process of a real hospital whose database holds the demo's people, and a training copy on any other's."""
    if settings.EMR_TRAINING and _is_somebodys():
        raise ImproperlyConfigured(
            "DATABASE_URL names a database of a real hospital. A training copy needs an empty one."
        )
    if settings.EMR_DEMO:
        return
    if _has_demo_people():
        raise ImproperlyConfigured(
            "DATABASE_URL names a database with the demo hospital in it. Production needs an empty one."
        )


def _has_demo_people() -> bool:
    return User.objects.filter(facility__code=DEMO_FACILITY, username__in=DEMO_USERS).exists()


def _is_somebodys() -> bool:
    """A facility that isn't the demo's, by its code or because nobody of the demo works there."""
    facilities = set(
        Organization.objects.filter(kind=Organization.Kind.FACILITY).values_list("code", flat=True)
    )
    return bool(facilities) and (facilities != {DEMO_FACILITY} or not _has_demo_people())
