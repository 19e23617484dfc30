"""Every write at the bed carries the key of its act, when it happened and when it arrived (R-21, F-22)."""

import io
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.urls import reverse

from emr.common.clock import now
from emr.common.errors import Conflict
from encounters.bedside import identity, services
from encounters.bedside.care_form import DONE
from encounters.bedside.models import CareColumn, Execution, Handover, Precaution, Wound
from tests.encounters.bedside.world import at, care, clock, make_world
from tests.encounters.visits.ward import signed_in

pytestmark = pytest.mark.django_db
ROOMS = ("bedside", "medicines", "monitoring")
# When it happened; when it arrived is `created_at`, which PostgreSQL writes.
HAPPENED = (
    "happened_at", "handed_at", "checked_at", "made_at", "starts_at", "started_at", "at", "answered_at", "read_at",
)  # fmt: skip
# Of these a row is no act of a nurse's at the bed, or is one only with the row that it hangs on.
NO_ACT = {
    "bedside.Assignment": "the head nurse's plan of a shift; said twice is said once",
    "bedside.CareSheet": "which document holds a shift's columns",
    "bedside.Look": "what somebody has read",
    "bedside.Outage": "told afterwards",
    "bedside.Wound": "an assessment says when",
    "bedside.WardCode": "the ward's code",
    "bedside.WardPack": "made by the clock",
    "bedside.WoundPhoto": "goes with its assessment",
    "medicines.DueDose": "made by its order; postponing says which time it moves",
    "medicines.GivingRule": "the facility's table",
    "medicines.GivingTimes": "the facility's table",
    "medicines.MedicinePackage": "the facility's table",
    "medicines.ShiftSheet": "which document holds a shift's doses",
    "medicines.TrayReturn": "one a dose, of a tray that was filled under its key",
    "monitoring.EarlyWarning": "made from a round, whose batch is its key",
    "monitoring.ScaleChoice": "a doctor's word that counts from when it arrives; under its key",
    "monitoring.ScoreBand": "the facility's table",
    "monitoring.ScoreResponse": "the facility's table",
    "monitoring.VitalSheet": "which document holds ten days of the chart",
}


@pytest.fixture(autouse=True)
def morning() -> Any:
    call_command("load_bedside_forms", stdout=io.StringIO())
    with clock() as frozen:
        yield frozen


def _names(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields}


def _tables() -> list[type[models.Model]]:
    return [model for room in ROOMS for model in apps.get_app_config(room).get_models()]


def test_every_table_of_acts_has_key_event_time_and_arrival_time() -> None:
    without: dict[str, list[str]] = {}
    for model in _tables():
        label, names = model._meta.label, _names(model)
        if label in NO_ACT:
            continue
        lacks = [name for name in ("key", "created_at") if name not in names]
        lacks += [] if names & set(HAPPENED) else ["when it happened"]
        unique = [c.fields for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
        lacks += [] if ("facility", "key") in unique else ["one row a key"]
        if lacks:
            without[label] = lacks
    assert without == {}
    assert set(NO_ACT) <= {model._meta.label for model in _tables()}


def _sent(stay: Any, by: Any, order: Any) -> list[tuple[str, dict[str, str], type[models.Model]]]:
    """(address, what a browser without scripts sends, the table) of each way to write at the bed."""

    def page(name: str, *args: object) -> str:
        return reverse(f"encounters:bedside:{name}", args=args)

    return [
        (
            page("tick", order.uuid),
            {
                "slot_at": at("06:00").isoformat(),
                "outcome": "done",
                "happened_at": now().isoformat(),
                "identity": identity.prove(user=by, encounter=stay, how="scan"),
            },
            Execution,
        ),
        (page("write_care", stay.uuid), {"level": "2", DONE: "Lau người"}, CareColumn),
        (page("add_precaution", stay.uuid), {"kind": "fall"}, Precaution),
        (page("wounds", stay.uuid), {"kind": "surgical", "site": "abdomen", "state": "same"}, Wound),
        (page("hand_over", stay.uuid), {"situation": "Ổn định"}, Handover),
    ]


def test_what_is_sent_without_a_key_gets_one_and_with_one_has_its_effect_once() -> None:
    an, binh, stay = make_world()
    order = care(stay, an)
    client = signed_in(binh)

    def post(address: str, told: dict[str, str]) -> int:
        return client.post(address, told, headers={"X-Fragment": "1"}).status_code

    for address, told, model in _sent(stay, binh, order):
        assert post(address, told | {"key": "no key"}) == 422, address
        assert not model.objects.exists(), address  # type: ignore[attr-defined]
        assert post(address, told) in {200, 201, 302}, address
        [row] = model.objects.all()  # type: ignore[attr-defined]
        assert row.key.version == 4
        assert abs((row.created_at - now()).total_seconds()) < 86400
        assert post(address, told | {"key": str(row.key)}) in {200, 201, 302}, address
        assert model.objects.count() == 1, address  # type: ignore[attr-defined]


def test_a_precaution_sent_again_after_it_was_ended_does_not_begin_anew() -> None:
    _an, binh, stay = make_world()
    key = uuid.uuid4()
    row = services.set_precaution(encounter=stay, kind="contact", by=binh, key=key)
    services.end_precaution(precaution=row, by=binh)
    assert services.set_precaution(encounter=stay, kind="contact", by=binh, key=key) == row
    assert not Precaution.objects.filter(ends_at=None).exists()
    with pytest.raises(Conflict):
        services.set_precaution(encounter=stay, kind="fall", by=binh, key=key)
