"""Two monitors of the demo's ward, as the simulator of `make run` names them: one on a patient, one at a bed."""

import uuid

from emr.accounts.models import Location, Organization, User
from emr.local.programs import DEMO_MONITORS
from encounters.visits.models import Encounter, EncounterLocation
from integrations.monitors.models import Monitor
from integrations.monitors.services import attach, register_monitor
from integrations.transport.models import Channel
from integrations.transport.services import save_channel

_WARD = "K03"


def build(facility: Organization, people: dict[str, User]) -> None:
    """Made once with the demo hospital."""
    channel = save_channel(
        Channel(
            name="Máy theo dõi (mô phỏng)",
            sending_application="MONITOR",
            sending_facility=facility.code,
            allowed_addresses=["127.0.0.0/8", "::1/128"],
            message_types=["ORU^R01"],
            processing_ids=["P", "T", "D"],
            performs=Channel.Performs.MONITORS,
        ),
        by=people["tichhop"],
    )
    ward = Organization.objects.get(parent=facility, code=_WARD)
    monitors = [
        register_monitor(
            channel=channel,
            identifier=name,
            label=name,
            name=f"Máy theo dõi {number} (mô phỏng)",
            department=ward,
            by=people["ddtruong"],
        )
        for number, name in enumerate(DEMO_MONITORS, start=1)
    ]
    _put(monitors, ward, people["dieuduong"])


def _put(monitors: list[Monitor], ward: Organization, nurse: User) -> None:
    present = EncounterLocation.objects.filter(
        department=ward,
        ends_at=None,
        cancelled_at=None,
        location__isnull=False,
        encounter__status=Encounter.Status.IN_PROGRESS,
        encounter__encounter_class=Encounter.Class.INPATIENT,
    )
    places = list(present.select_related("encounter", "location").order_by("location__position", "pk")[:2])
    keys = [uuid.uuid5(uuid.NAMESPACE_OID, f"demo {monitor.uuid}") for monitor in monitors]
    if places:
        attach(monitor=monitors[0], stay=places[0].encounter, by=nurse, key=keys[0])
    bed: Location | None = places[1].location if len(places) > 1 else None
    if bed is not None:
        attach(monitor=monitors[1], bed=bed, by=nurse, key=keys[1])
