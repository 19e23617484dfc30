"""Prometheus text: requests counted over all web processes of this machine, the rest read from the database when asked.

Several processes share their counts through files in the folder PROMETHEUS_MULTIPROC_DIR, which whoever starts the web
processes sets and empties; without it a process tells its own.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

if _folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(_folder).mkdir(parents=True, exist_ok=True)

from django.db import DatabaseError, transaction
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from emr.common.clock import now
from emr.common.measures import measures
from emr.watching.models import Pulse
from emr.watching.selectors import newest_changes

logger = logging.getLogger(__name__)

_own = CollectorRegistry()
REQUESTS = Histogram(
    "emr_request_seconds",
    "How long requests took, by view.",
    ["view", "method"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=_own,
)
ANSWERS = Counter("emr_answers", "Answers by view and status.", ["view", "status"], registry=_own)
_METHODS = {"GET", "POST", "HEAD", "OPTIONS"}


def count_request(view: str, method: str, status: int, seconds: float) -> None:
    """One more. What a stranger makes up (a method, an address) makes no new series."""
    REQUESTS.labels(view or "none", method if method in _METHODS else "other").observe(seconds)
    ANSWERS.labels(view or "none", str(status)).inc()


class _House:
    """What the rooms registered, how the parts are by the last look, and how long ago each program was heard of."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for measure in measures():
            family = GaugeMetricFamily(measure.name, measure.meaning, labels=measure.labels)
            try:
                with transaction.atomic():
                    for labels, value in measure.read():
                        family.add_metric(labels, value)
            except DatabaseError as error:
                logger.warning("No measure %s: %s", measure.name, type(error).__name__)
                continue
            yield family
        parts = GaugeMetricFamily("emr_part_well", "1 well, 0.5 caution, 0 broken.", labels=["part"])
        for change in newest_changes():
            parts.add_metric([change.part], {"well": 1.0, "caution": 0.5}.get(change.state, 0.0))
        yield parts
        ages = GaugeMetricFamily("emr_pulse_age_seconds", "Since a program was heard of.", labels=["program"])
        for pulse in Pulse.objects.all():
            ages.add_metric([pulse.name], (now() - pulse.seen_at).total_seconds())
        yield ages


def exposition() -> bytes:
    """Everything, as Prometheus reads it."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        counted = generate_latest(registry)
    else:
        counted = generate_latest(_own)
    house = CollectorRegistry()
    house.register(_House())
    return counted + generate_latest(house)
