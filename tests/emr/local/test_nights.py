"""The nightly backup's clock."""

import datetime as dt
from pathlib import Path

from emr.local.nights import CATCHING_UP_SECONDS, seconds_to_next
from emr.storage.backups.slots import kept

EVENING = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)  # 22:00 in the hospital


def _slot(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    (folder / name / "manifest.json").touch()


def test_the_next_is_at_two_in_the_hospitals_night(tmp_path: Path) -> None:
    _slot(tmp_path, "20261121T190000Z")
    assert seconds_to_next(tmp_path, 2, EVENING) == 4 * 3600
    assert seconds_to_next(tmp_path, 22, EVENING) == 24 * 3600


def test_a_missed_night_is_made_up_for_soon(tmp_path: Path) -> None:
    assert seconds_to_next(tmp_path, 2, EVENING) == CATCHING_UP_SECONDS
    _slot(tmp_path, "20261120T190000Z")
    (tmp_path / "20261122T100000Z").mkdir()  # killed before its manifest: no backup
    assert seconds_to_next(tmp_path, 2, EVENING) == CATCHING_UP_SECONDS


def test_seven_days_five_weeks_twelve_months_are_kept() -> None:
    nights = [EVENING - dt.timedelta(days=days) for days in range(800)]
    stay = kept(nights)
    assert set(nights[:7]) <= stay
    assert len(stay) <= 7 + 5 + 12
    assert min(stay) < EVENING - dt.timedelta(days=320)
    assert kept(stay) == stay, "pruning twice changes nothing"
