"""What the clock does for the signing desk, every minute and facility by facility."""

from emr.accounts.models import Organization
from emr.common import wall
from signatures.signing import services, telling


def look() -> None:
    """Delegations begin and end; chains that found nobody look again; who is late is reminded."""
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            services.hand_over(facility)
            for version_id in telling.stuck_versions(facility):
                services.advance(version_id=version_id)
            telling.remind(facility)
