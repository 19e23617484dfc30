"""The month's report of repeated tests: counted once each, by test and department, priced as decided, as CSV."""

import datetime as dt

import pytest
from django.urls import reverse

from emr.common.clock import local_today
from encounters.orders import services
from encounters.orders.models import RepeatDecision
from encounters.orders.selectors.earlier import repeats_of
from encounters.orders.selectors.savings import (
    Month,
    savings_by_department,
    savings_by_service,
    total_of,
)
from tests.emr.people import make_facility, make_user
from tests.encounters.orders.tables import confirm, make_entry, make_world
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db
PAGE = reverse("encounters:orders:savings")


@pytest.fixture
def decided() -> None:
    """HbA1c asked for twice within its window: once the earlier result is used, once it is repeated."""
    an, stay = make_world()
    first = make_entry(stay, an, days=2)
    services.add_quick(entry=first, choice="service:XN0013", typed="", by=an)
    confirm(first, an)
    for decision, reason in (("reuse", ""), ("repeat", "Truyền máu hôm qua")):
        entry = make_entry(stay, an)
        services.add_quick(entry=entry, choice="service:XN0013", typed="", by=an)
        (repeat,) = repeats_of(entry)
        services.decide_repeat(
            entry=entry, order_uuid=repeat.order_uuid, decision=decision, reason=reason, by=an
        )


def test_a_month_knows_its_bounds() -> None:
    december = Month.of("2026-12", dt.date(2026, 11, 3))
    assert (str(december.before), str(december.next)) == ("2026-11", "2027-01")
    first, after = december.bounds
    assert (first.isoformat(), after.isoformat()) == (
        "2026-12-01T00:00:00+07:00",
        "2027-01-01T00:00:00+07:00",
    )
    for nonsense in ("", "2026-13", "x", "2026-12-01"):
        assert str(Month.of(nonsense, dt.date(2026, 11, 3))) == "2026-11"


def test_what_was_avoided_is_counted_and_priced(decided: None) -> None:
    facility, month = make_facility(), Month.of("", local_today())
    (row,) = savings_by_service(facility.pk, month)
    assert (row.code, row.asked, row.reused, row.repeated, row.saved) == ("XN0013", 2, 1, 1, 102000)
    assert row.share == 50
    (ward,) = savings_by_department(facility.pk, month)
    assert (ward.code, ward.asked, ward.saved) == ("K03", 2, 102000)
    assert total_of([row]).saved == 102000
    assert savings_by_service(facility.pk, month.before) == []
    RepeatDecision.objects.get(decision="reuse")


def test_the_planning_office_reads_and_takes_it_away_without_names(decided: None) -> None:
    client = signed_in(make_user("khth", "Đặng Văn Kế", "planning", department()))
    html = client.get(PAGE).content.decode()
    assert "102.000" in html
    assert "Truyền máu hôm qua" in html
    assert "Truyền máu" not in client.get(PAGE, {"month": "2020-01"}).content.decode()
    file = client.get(reverse("encounters:orders:savings_file"))
    text = file.content.decode("utf-8-sig")
    assert file["Content-Type"].startswith("text/csv")
    assert "XN0013" in text
    assert "102000" in text
    assert "ĐÀO" not in text.upper()
    nurse = signed_in(make_user("dd", "Trần Thị Bình", "nurse", department()))
    assert nurse.get(PAGE).status_code == 403
