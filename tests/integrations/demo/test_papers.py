"""The demo's scanning desk has paper in each state once the workers came by."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from emr.outbox.models import OutboxEvent
from encounters.scanning.models import Paper, ScannedPage
from integrations.demo import papers
from signatures.providers.services import issue_demo_seal
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.visits.ward import admit, department
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def test_paper_in_each_state(settings: Any, tmp_path: Path) -> None:
    settings.EMR_HOME = tmp_path
    make_stay()
    for name in ("Phạm Văn Tư", "Lê Văn Hùng", "Cao Thị Sen"):
        admit(make_patient(name))
    office = make_department(make_facility(), "K90", "Phòng KHTH")
    people = {
        "luutru": make_user("luutru", "Đặng Thị Lụa", "records", office),
        "dieuduong": make_user("dieuduong", "Trần Thị Bình", "nurse", department()),
    }
    make_user("ddtruong", "Ngô Thị Hoa", "head_nurse", department())
    issue_demo_seal(facility=make_facility())
    papers.build(people)
    for _ in range(3):
        deliver_all()
        OutboxEvent.objects.filter(done_at=None).update(available_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert sorted(Paper.objects.values_list("status", flat=True)) == ["returned", "sealed", "to-check"]
    waiting = ScannedPage.objects.filter(paper=None, removed_at=None)
    assert sorted(waiting.values_list("problem", flat=True)) == ["", "other_patient"]
    assert ScannedPage.objects.filter(is_blank=True).count() == 1
