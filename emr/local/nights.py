"""When the next backup is due."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

HOSPITAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
STAMP = "%Y%m%dT%H%M%SZ"  # the name of a backup's folder, UTC
DAY = dt.timedelta(days=1)
CATCHING_UP_SECONDS = 600.0  # after a start, where last night's is missing: the machine was off


def seconds_to_next(folder: Path, hour: int, now: dt.datetime) -> float:
    """Until this hour of the hospital's clock, or soon when the newest backup is older than a day."""
    newest = max(filter(None, map(moment_of, folder.glob("*Z"))), default=None)
    if newest is None or now - newest > DAY:
        return CATCHING_UP_SECONDS
    local = now.astimezone(HOSPITAL_TIME)
    due = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return ((due if due > local else due + DAY) - local).total_seconds()


def moment_of(slot: Path) -> dt.datetime | None:
    """When a finished backup was made; None for a folder that is something else."""
    try:
        moment = dt.datetime.strptime(slot.name, STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    return moment if (slot / "manifest.json").exists() else None
