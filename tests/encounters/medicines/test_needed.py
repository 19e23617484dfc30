"""What is given when needed keeps its distance and its day's limit, though the round makes a new order of it each day."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as st

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.documents import services as documents
from encounters.medicines import services
from encounters.medicines.models import GivingConflict, MedicationAdministration
from encounters.medicines.selectors.checking import needed_lines, next_allowed, refusal_of
from encounters.medicines.selectors.kin import Went, kin_of
from encounters.medicines.selectors.regimens import scales_shown
from encounters.medicines.services import Told
from encounters.orders import services as orders
from encounters.orders.models import MedicationRequest
from encounters.orders.regimens import parse_scale, scale_json
from encounters.results.services import record_vital_signs
from encounters.visits.models import Encounter
from tests.encounters import chart
from tests.encounters.medicines.doses import key, make_cuc, make_world, once, order
from tests.encounters.medicines.test_together import in_threads
from tests.encounters.visits.ward import ago, signed_in

LIMITED: dict[str, Any] = {
    "text": "Paracetamol 500 mg",
    "route": "PO",
    "dose_unit": "vien",
    "times_per_day": None,
    "as_needed": True,
    "as_needed_for": "sốt",
    "least_hours_between": 8,
    "most_per_day": 3,
    "days": 3,
}


def since_yesterday() -> tuple[User, User, Encounter]:
    return make_world(at=ago(hours=40), late_reason="Mất mạng")


def carried(
    stay: Encounter, source: MedicationRequest, by: User, hours: float, **told: Any
) -> MedicationRequest:
    """The day's round carries the entry's orders on, so many hours ago; `told` is changed before it is confirmed."""
    entry = chart.begin(stay, by, happened_at=ago(hours=hours), late_reason="Mất mạng")
    orders.copy_orders(source=source.entry, target=entry, by=by)
    row = MedicationRequest.objects.get(entry=entry)
    if told:
        orders.change_draft(order=row, by=by, **told)
    saved = documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=by)
    documents.finalize_document(document=entry, revision=saved.revision, by=by)
    row.refresh_from_db()
    return row


def needed(asked: MedicationRequest, by: User, hours: float = 0) -> MedicationAdministration:
    """Given so many hours ago."""
    told = Told(key=uuid.uuid4(), happened_at=ago(hours=hours) if hours else None)
    return services.give_needed(order=asked, encounter=asked.encounter, told=told, by=by)


def refused(asked: MedicationRequest, by: User, hours: float = 0) -> str:
    with pytest.raises(DomainError) as refusal:
        needed(asked, by, hours)
    return str(refusal.value.code)


@pytest.mark.django_db
def test_carried_on_in_the_morning_it_keeps_its_distance_from_the_night() -> None:
    """Given at 23:30, carried on at 05:30, refused at 06:00; from 07:30 on it is given."""
    an, binh, stay = since_yesterday()
    yesterday = order(stay, an, at=ago(hours=20), **LIMITED)
    night = needed(yesterday, binh, 6.5)
    morning = carried(stay, yesterday, an, 0.5)
    assert morning.based_on == yesterday
    with pytest.raises(DomainError) as refusal:
        needed(morning, binh)
    assert refusal.value.code == "too_soon"
    [line] = needed_lines([morning], now())
    assert line.last is not None
    assert (line.last.at, line.next_at) == (night.happened_at, night.happened_at + dt.timedelta(hours=8))
    assert f"{line.next_at:%M}" in str(refusal.value)
    services.take_back(administration=night, reason="Nhầm", by=binh)
    assert needed(morning, binh).status == "completed"


@pytest.mark.django_db
def test_the_day_s_limit_goes_through_every_round_of_24_hours() -> None:
    an, binh, stay = since_yesterday()
    limits = LIMITED | {"least_hours_between": None}
    first = order(stay, an, at=ago(hours=30), **limits)
    needed(first, binh, 25)  # more than 24 hours ago: it counts no more
    needed(first, binh, 20)
    second = carried(stay, first, an, 15)
    needed(second, binh, 12)
    third = carried(stay, second, an, 2)
    needed(third, binh, 1)
    assert refused(third, binh) == "too_much_a_day"
    [line] = needed_lines([third], now())
    assert (line.day_text, line.is_allowed) == ("3 / 3 vien", False)
    # The one of twenty hours ago is four hours from being a day old.
    assert line.next_at is not None
    assert abs(line.next_at - now() - dt.timedelta(hours=4)) < dt.timedelta(minutes=1)


@pytest.mark.django_db
def test_what_a_device_kept_under_the_old_order_counts_what_was_given_under_the_new_one() -> None:
    an, binh, stay = since_yesterday()
    first = order(stay, an, at=ago(hours=20), **LIMITED)
    second = carried(stay, first, an, 3)
    needed(second, binh, 1)
    told = Told(key=uuid.uuid4(), happened_at=ago(hours=4), is_replay=True)
    with pytest.raises(services.Kept):
        services.give_needed(order=first, encounter=stay, told=told, by=binh)
    assert "8 giờ" in GivingConflict.objects.get().refusal


@pytest.mark.django_db
def test_ordered_anew_it_is_the_same_medicine_and_another_one_is_not() -> None:
    an, binh, stay = since_yesterday()
    coded = LIMITED | {"code": "TH0001", "ingredient": "Paracetamol"}
    stopped = order(stay, an, at=ago(hours=20), **coded)
    needed(stopped, binh, 3)
    orders.stop_order(order=stopped, reason="Đổi ý", by=an)
    anew = order(stay, an, **coded)
    assert refused(anew, binh) == "too_soon"
    clock = order(stay, an, **coded | {"as_needed": False, "as_needed_for": "", "times_per_day": 2})
    other = order(
        stay, an, **coded | {"code": "TH0900", "ingredient": "Ibuprofen", "text": "Ibuprofen 400 mg"}
    )
    kin = kin_of([anew, clock, other])
    assert kin == {
        anew.pk: {stopped.pk, anew.pk},
        clock.pk: {clock.pk},
        other.pk: {other.pk},
    }
    assert needed(other, binh).status == "completed"
    # In the place of one that is carried on: another medicine begins anew, another strength doesn't.
    swapped = carried(stay, other, an, 0, code="TH0901", ingredient="Diclofenac", text="Diclofenac 50 mg")
    assert kin_of([swapped]) == {swapped.pk: {swapped.pk}}
    stronger = carried(stay, swapped, an, 0, code="TH0902", text="Diclofenac 100 mg")
    assert kin_of([stronger]) == {stronger.pk: {swapped.pk, stronger.pk}}


@pytest.mark.django_db
def test_a_value_that_chose_last_evening_s_dose_chooses_none_of_the_next_order() -> None:
    an, binh, stay = since_yesterday()
    scale = scale_json(parse_scale("<8:0 8-12:2 12-16:4 >16:6! 60p"))
    insulin = LIMITED | {"text": "Insulin nhanh", "route": "SC", "dose_unit": "U", "scale": scale, "dose": Decimal(6),
                         "least_hours_between": None, "most_per_day": None}  # fmt: skip
    first = order(stay, an, at=ago(hours=20), **insulin)
    record_vital_signs(
        encounter=stay,
        values={"glucose": Decimal("10.4")},
        by=binh,
        effective_at=ago(minutes=30),
        confirmed=True,
    )
    assert needed(first, binh, 0.4).amount == 2
    second = carried(stay, first, an, 0.2)
    assert refused(second, binh) == "not_measured"
    waiting = once(stay, an, text="Insulin nhanh", route="SC", dose_unit="U", scale=scale, dose=Decimal(6))
    MedicationRequest.objects.filter(pk=waiting.order_id).update(based_on=second)
    waiting.refresh_from_db()
    shown = scales_shown(stay, [(waiting, "U")], now())[waiting.pk]
    assert (bool(shown.measure), shown.value) == (True, "")


@pytest.mark.django_db
def test_the_page_says_when_it_went_in_last_and_from_when_it_may_again() -> None:
    an, binh, stay = since_yesterday()
    first = order(stay, an, at=ago(hours=20), **LIMITED)
    needed(first, binh, 2)
    client, address = signed_in(binh), reverse("encounters:medicines:patient", args=[stay.uuid])

    def asked() -> tuple[int, str]:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            html = client.get(address).content.decode()
        return len(seen), html

    queries, html = asked()
    assert "Dùng gần nhất" in html
    assert "Không trước" in html
    second = carried(stay, first, an, 1)
    for number in range(3):
        order(stay, an, **LIMITED | {"text": f"Thuốc {number}"})
    again, html = asked()
    assert "Không trước" in html
    assert again == queries
    services.take_back(administration=MedicationAdministration.objects.get(), reason="Nhầm", by=binh)
    assert needed_lines([second], now())[0].is_allowed


@pytest.mark.django_db(transaction=True)
def test_two_nurses_at_once_give_it_by_two_orders_once() -> None:
    """Each holds another order's row; the limit is of the medicine."""
    an, binh, stay = make_world()
    coded = LIMITED | {"code": "TH0001"}
    asked = {binh: order(stay, an, **coded), make_cuc(): order(stay, an, **coded)}
    refusals: list[str] = []

    def act(person: User, of: MedicationRequest) -> None:
        try:
            services.give_needed(order=of, encounter=stay, told=key(), by=person)
        except DomainError as refusal:
            refusals.append(refusal.code)

    in_threads(*[lambda p=person, o=one: act(p, o) for person, one in asked.items()])
    assert refusals == ["too_soon"]
    assert MedicationAdministration.objects.count() == 1


START = dt.datetime(2026, 11, 29, 23, 30, tzinfo=dt.UTC)
limits = st.one_of(st.none(), st.decimals("0.5", "24", places=1))


@settings(deadline=None, database=None)
@for_any(
    gap=limits,
    most=st.one_of(st.none(), st.integers(1, 8)),
    dose=st.integers(1, 3),
    before=st.lists(st.tuples(st.integers(0, 48 * 60), st.integers(1, 3)), max_size=8),
)
def test_the_time_that_the_page_names_is_the_first_that_the_rule_allows(
    gap: Decimal | None, most: int | None, dose: int, before: list[tuple[int, int]]
) -> None:
    asked = MedicationRequest(
        dose=Decimal(dose),
        dose_unit="vien",
        least_hours_between=gap,
        most_per_day=Decimal(most) if most else None,
    )
    went = [
        Went(START - dt.timedelta(minutes=minutes), Decimal(amount), "vien")
        for minutes, amount in sorted(before, reverse=True)
    ]

    def allowed(at: dt.datetime) -> bool:
        return refusal_of(asked, went, at, asked.dose) is None

    first = next_allowed(asked, went, START)
    if first is None:
        assert most is not None
        assert dose > most
        return
    assert allowed(first)
    for minutes in range(0, int((first - START) / dt.timedelta(minutes=1)), 7):
        assert not allowed(START + dt.timedelta(minutes=minutes))
