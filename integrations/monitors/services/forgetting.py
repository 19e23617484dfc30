"""What a monitor sent and nobody confirmed is no part of the record: after some days it goes."""

import datetime as dt

from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common import wall
from emr.common.clock import now
from integrations.monitors.models import Monitor, MonitorReading

_AT_ONCE = 2000


def forget_readings(facility_id: int) -> int:
    """Remove the facility's readings that nobody confirmed in `monitor_kept_days`; returns how many. Twice is once.

    What was taken over into the chart stays, with the message that it came by.
    """
    with wall.within(facility_id):
        before = now() - dt.timedelta(days=int(facility_setting(facility_id, "monitor_kept_days")))
        return sum(
            _forget(monitor, before)
            for monitor in Monitor.objects.filter(facility_id=facility_id).order_by("pk")
        )


def _forget(monitor: Monitor, before: dt.datetime) -> int:
    old = MonitorReading.objects.filter(monitor=monitor, observed_at__lt=before, confirmation=None)
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:_AT_ONCE]):
        count += MonitorReading.objects.filter(pk__in=ids).delete()[0]
    if count:
        record("monitor.forget", of=monitor, detail={"count": count, "before": before.isoformat()})
    return count
