"""An infusion's volume is read once, at the bed: balance and care sheets count it, nobody writes it again."""

import datetime as dt
import io
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from emr.accounts.models import User
from encounters.bedside.models import CareColumn
from encounters.bedside.selectors.care_facts import facts_of
from encounters.medicines import services
from encounters.medicines.models import DueDose, InfusionStep, MedicationAdministration
from encounters.medicines.selectors.inflows import _added, inflows_of_infusions
from encounters.medicines.services import Told
from encounters.monitoring.models import FluidEntry
from encounters.monitoring.services import record_fluid
from encounters.orders.models import MedicationRequest
from encounters.results.services import Unusual
from tests.encounters.bedside.world import at, clock, make_world
from tests.encounters.medicines.doses import give, once
from tests.encounters.visits.ward import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afternoon() -> Any:
    with clock("16:00") as frozen:
        yield frozen


def told(hour: str) -> Told:
    return Told(key=uuid.uuid4(), happened_at=at(hour))


def run(dose: DueDose, by: Any, began: str, *steps: tuple[str, str, str]) -> MedicationAdministration:
    """An infusion begun then; (hour, kind, volume) of each step, each of them sent twice."""
    row = give(dose, by, told(began))
    for hour, kind, volume in steps:
        said = {"rate": "40 giọt/phút"} if kind == "rate" else {}
        key = told(hour)
        for _time in range(2):
            services.note_step(
                administration=row, kind=kind, told=key, by=by, volume_ml=Decimal(volume), **said
            )
    return row


def drip(stay: Any, by: Any, **more: Any) -> DueDose:
    return once(stay, by, **{"route": "IVI", "text": "Natri clorid 0,9%", "minutes": -240} | more)


def balance(client: Any, stay: Any) -> Any:
    return client.get(reverse("encounters:monitoring:fluids", args=[stay.uuid])).context["balance"]


def test_an_infusion_s_end_counts_once_in_the_shift_in_which_it_ended() -> None:
    an, binh, stay = make_world()
    client = signed_in(binh)
    row = run(drip(stay, an), binh, "12:10", ("14:20", "end", "499.5"))
    shown = balance(client, stay)
    assert shown.total_in == (0, 500, 0, 500)
    assert [(line.kind, line.sums) for line in shown.rows_in] == [("in-infusion", (0, 500, 0, 500))]
    assert not FluidEntry.objects.exists()
    services.take_back(administration=row, reason="Nhầm người", by=binh)
    assert not balance(client, stay).rows_in
    run(row.dose, binh, "12:10", ("13:00", "end", "250"))
    assert balance(client, stay).total_in == (250, 0, 0, 250)


def test_readings_on_the_way_count_in_their_own_shifts_and_never_twice() -> None:
    an, binh, stay = make_world()
    run(drip(stay, an), binh, "12:10", ("13:30", "rate", "300"), ("15:00", "end", "500"))
    assert balance(signed_in(binh), stay).total_in == (300, 200, 0, 500)
    still = run(drip(stay, an, text="Glucose 5%"), binh, "12:20", ("14:30", "rate", "80"))
    assert balance(signed_in(binh), stay).total_in == (300, 280, 0, 580)
    assert still.status == "in-progress"


def test_the_page_says_where_it_comes_from_and_offers_nothing_to_change() -> None:
    an, binh, stay = make_world()
    run(drip(stay, an), binh, "12:10", ("14:20", "end", "500"))
    record_fluid(
        encounter=stay, kind="in-drink", volume=200, by=binh, key=uuid.uuid4(), happened_at=at("15:00")
    )
    page = reverse("encounters:monitoring:fluids", args=[stay.uuid])
    html = signed_in(binh).get(page).content.decode()
    assert "từ Natri clorid 0,9%</a>" in html
    assert reverse("encounters:medicines:patient", args=[stay.uuid]) in html
    assert html.count('data-dialog-open="correct-') == 1  # the drink's
    assert signed_in(binh).get(reverse("encounters:monitoring:patient", args=[stay.uuid])).context[
        "balance"
    ].total_in == (0, 700, 0, 700)


def test_the_same_millilitres_typed_again_are_asked_about() -> None:
    an, binh, stay = make_world()
    run(drip(stay, an), binh, "12:10", ("14:20", "end", "500"))
    told_again = {"encounter": stay, "kind": "in-infusion", "volume": 500, "by": binh}
    with pytest.raises(Unusual) as asked:
        record_fluid(**told_again, key=uuid.uuid4(), happened_at=at("14:30"))
    assert "Natri clorid 0,9%" in asked.value.questions[0]
    assert "14:20" in asked.value.questions[0]
    for other in ({"volume": 250}, {"kind": "in-drink"}, {"happened_at": at("11:00")}, {"confirmed": True}):
        record_fluid(**{"happened_at": at("14:30"), "key": uuid.uuid4()} | told_again | other)


@pytest.mark.parametrize(("code", "level"), [("37/BV2", "1"), ("38/BV2", "2")])
def test_care_sheets_37_and_38_print_it(code: str, level: str) -> None:
    call_command("load_bedside_forms", stdout=io.StringIO())
    from tests.encounters.bedside.test_care import lines_of, said_on, sheet, write  # noqa: PLC0415

    an, binh, stay = make_world()
    run(drip(stay, an), binh, "12:10", ("14:20", "end", "500"))
    write(stay, binh, happened_at=at("14:10"), level=level)
    write(stay, binh, happened_at=at("15:00"), level=level)
    lines = lines_of(said_on(sheet(stay, binh, code)))
    assert (lines["Dịch truyền"], lines["Tổng vào"]) == (["", "500"], ["", "500"])
    columns = list(CareColumn.objects.order_by("happened_at"))
    assert [one.fluids.get("Dịch truyền") for one in facts_of(stay, columns)] == [None, "500"]


def test_many_infusions_cost_one_query() -> None:
    an, binh, stay = make_world()
    for number in range(3):
        run(drip(stay, an, text=f"Dịch {number}"), binh, "12:10", ("14:20", "end", "500"))
    with CaptureQueriesContext(connection) as spent:
        assert len(inflows_of_infusions(stay, at("14:00"), at("15:00"))) == 3
    assert len(spent) == 1
    assert inflows_of_infusions(stay, at("14:21"), at("15:00")) == []


@settings(deadline=None)
@given(
    on_the_way=st.lists(st.decimals(0, 900, places=1), max_size=6),
    end=st.none() | st.decimals("0.5", 900, places=1),
)
def test_what_readings_add_is_whole_positive_and_together_what_the_end_says(
    on_the_way: list[Decimal], end: Decimal | None
) -> None:
    row = MedicationAdministration(dose=DueDose(order=MedicationRequest(text="Ringer lactat")))
    volumes = [("rate", volume) for volume in on_the_way] + ([("end", end)] if end is not None else [])
    readings = [
        InfusionStep(
            administration=row,
            kind=kind,
            volume_ml=volume,
            at=at("12:00") + dt.timedelta(minutes=number),
            by=User(username="binh"),
        )
        for number, (kind, volume) in enumerate(volumes)
    ]
    added = _added(readings, "") if readings else []
    assert all(inflow.volume > 0 for inflow in added)
    whole = [int(volume.quantize(Decimal(1), "ROUND_HALF_UP")) for _kind, volume in volumes]
    together = whole[-1] if end is not None else max(whole, default=0)
    assert sum(inflow.volume for inflow in added) == together
