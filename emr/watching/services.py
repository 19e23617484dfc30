"""Looking around: what changed since the last look is one row."""

import logging

from django.db import connection, transaction
from django.utils import translation

from emr.common import health
from emr.watching.models import PartChange
from emr.watching.selectors import newest_changes

logger = logging.getLogger(__name__)

_LOCK = 2094072
_KEPT = 200  # changes of one part: a flapping part doesn't fill the disk that it may be complaining about


def look_around() -> int:
    """Ask every part and write down which changed; returns how many. Two that look at once write each change once."""
    with translation.override("en"):
        found = health.findings()
    changed = 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        known = {change.part: change.state for change in newest_changes()}
        for finding in found:
            if known.get(finding.part.name) != finding.state:
                _write_down(finding)
                changed += 1
    return changed


def _write_down(finding: health.Finding) -> None:
    name = finding.part.name
    PartChange.objects.create(part=name, state=finding.state, reason=str(finding.reason)[:400])
    old = PartChange.objects.filter(part=name).order_by("-id").values_list("id", flat=True)[_KEPT:]
    PartChange.objects.filter(id__in=list(old)).delete()
    level = logging.INFO if finding.state == "well" else logging.WARNING
    logger.log(level, "Part %s is %s. %s", name, finding.state, finding.reason)
