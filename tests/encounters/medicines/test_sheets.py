"""Sheets that are composed of what was done: they say what really went in, and each nurse's acts stand on hers."""

import datetime as dt
import io
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.bedside.selectors.findings import findings_of
from encounters.medicines import services
from encounters.medicines.models import GivingRule, MedicationAdministration, ReactionTest, ShiftSheet
from encounters.medicines.selectors.doses import doses_of_stay
from encounters.medicines.selectors.sheets import disclosed_by_stay
from encounters.medicines.services import Told
from encounters.medicines.services.reactions import begin_test, read_test
from encounters.medicines.services.sheets import compose_of_shift
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift, shift_at
from tests.emr.people import make_facility
from tests.encounters.medicines.doses import give, key, make_cuc, make_world, once
from tests.encounters.visits.ward import ago, signed_in

pytestmark = pytest.mark.django_db
SALT: dict[str, Any] = {
    "text": "Natri clorid 0,9 %, 500 ml", "route": "IVI", "rate": "30 giọt/phút", "dose_unit": "chai"
}  # fmt: skip


@pytest.fixture(autouse=True)
def forms() -> None:
    call_command("load_medicine_sheets", stdout=io.StringIO())


def infused(
    stay: Encounter, an: User, by: User, volume: int, *, is_partial: bool, **told: Any
) -> MedicationAdministration:
    row = give(once(stay, an, **SALT | told), by)
    services.note_step(
        administration=row, kind="end", told=key(), by=by, volume_ml=Decimal(volume), is_partial=is_partial
    )
    return row


def disclosed(stay: Encounter) -> dict[str, str]:
    lines = disclosed_by_stay([stay.pk], ago(hours=9), now())[stay.pk]
    for line in lines:
        assert [cell["amount"] for cell in line["days"]] == [line["total"]]  # all of one day
    return {line["text"]: line["total"] for line in lines}


def test_what_is_disclosed_and_summed_of_an_infusion_in_part_is_what_went_in() -> None:
    an, binh, stay = make_world()
    for volume, is_partial in ((500, False), (500, False), (200, True), (100, True)):
        infused(stay, an, binh, volume, is_partial=is_partial)
    infused(stay, an, binh, 150, is_partial=True, text="Glucose 5 %")
    for volume, is_partial in ((500, False), (120, True)):
        infused(
            stay, an, binh, volume, is_partial=is_partial, text="Ringer", dose_unit="mL", dose=Decimal(500)
        )
    infused(
        stay, an, binh, 80, is_partial=True, text="Kali", dose_unit="mL", dose=Decimal(10), diluent="NaCl 500"
    )
    give(once(stay, an, text="Cefotaxim"), binh)
    assert disclosed(stay) == {
        SALT["text"]: "2 + 300 ml",
        "Glucose 5 %": "150 ml",
        "Ringer": "620",
        "Kali": "80 ml",
        "Cefotaxim": "1",
    }
    lines = doses_of_stay(stay, ago(hours=1), now())
    shown = {line.given_text for line in lines if line.dose.order.text == "Glucose 5 %"}
    assert shown == {"150 ml trong 1 chai"}


def before(minutes: int = 60) -> dt.datetime:
    """So many minutes before the end of the shift before this one."""
    return shift_at(make_facility().pk, now()).start - dt.timedelta(minutes=minutes)


def told(at: dt.datetime) -> Told:
    return Told(key=uuid.uuid4(), happened_at=at)


def begun(stay: Encounter, an: User, by: User, at: dt.datetime) -> MedicationAdministration:
    """An infusion that was ordered for that time and begun then."""
    minutes = -int((now() - at) / dt.timedelta(minutes=1))
    return give(once(stay, an, minutes=minutes, **SALT), by, told(at))


def skin_tested(stay: Encounter, an: User, by: User, at: dt.datetime) -> ReactionTest:
    GivingRule.objects.create(
        facility=stay.facility, code="p", ingredient="Penicilin", test_minutes=20, source="Mẫu"
    )
    asked = once(stay, an, text="Penicilin G 1 triệu IU").order
    return begin_test(order=asked, method="prick", told=told(at), by=by)


def test_the_page_makes_the_sheets_of_the_shift_that_has_ended() -> None:
    an, binh, stay = make_world(at=ago(hours=20), late_reason="Mất mạng")
    begun(stay, an, binh, before())
    skin_tested(stay, an, binh, before())
    client = signed_in(binh)
    html = client.get(reverse("encounters:medicines:patient", args=[stay.uuid])).content.decode()
    address = reverse("encounters:medicines:compose", args=[stay.uuid])
    offered = set()
    for part in html.split(f'action="{address}"')[1:]:
        form = part.split("</form>", 1)[0]
        code = re.findall(r'name="code" value="([^"]+)"', form)[0]
        offered |= {(code, which) for which in re.findall(r'name="which" value="([^"]+)"', form)}
    for code in ("TH-THUOC", "07/BV2", "TPU-THUOC"):
        assert {(code, "this"), (code, "before")} <= offered
        client.post(address, {"code": code, "which": "before"})
        sheet = ShiftSheet.objects.get(code=code)
        assert sheet.starts_at <= before() < sheet.ends_at


def compose(stay: Encounter, code: str, by: User, shift: Shift) -> list[dict[str, Any]]:
    """The sheet's rows as frozen."""
    told_of = {"encounter": stay, "code": code, "start": shift.start, "end": shift.end, "by": by}
    version = compose_of_shift(**told_of).current_version
    assert version is not None
    rows: list[dict[str, Any]] = version.composition["sections"]["doses"]["rows"]
    return rows


def loose(stay: Encounter) -> set[tuple[str, str]]:
    """{(kind, nurse)} of what is on no sheet."""
    found = findings_of([stay])[stay.pk]
    return {(one.kind, one.nurse_name) for one in found if one.kind.endswith("_unsigned")}


def test_what_the_next_nurse_changes_and_ends_stands_on_their_07_bv2_and_is_asked_for() -> None:
    an, binh, stay = make_world(at=ago(hours=20), late_reason="Mất mạng")
    cuc = make_cuc()
    row = begun(stay, an, binh, before())
    this = shift_at(stay.facility_id, now())
    earlier = shift_at(stay.facility_id, before())
    compose(stay, "07/BV2", binh, earlier)
    compose(stay, "TH-THUOC", binh, earlier)
    assert loose(stay) == set()
    with pytest.raises(DomainError):
        compose(stay, "07/BV2", cuc, this)
    services.note_step(administration=row, kind="rate", told=key(), by=cuc, rate="40 giọt/phút")
    assert loose(stay) == {("infusion_unsigned", cuc.full_name)}
    [shown] = compose(stay, "07/BV2", cuc, this)
    assert shown["nurse"] == f"{binh.titled_name}, {cuc.titled_name}"
    assert shown["rate"].endswith(f"{cuc.titled_name})")
    assert loose(stay) == set()
    services.note_step(administration=row, kind="end", told=key(), by=cuc, volume_ml=Decimal(500))
    assert loose(stay) == {("infusion_unsigned", cuc.full_name)}
    [shown] = compose(stay, "07/BV2", cuc, this)
    assert shown["volume_ml"] == "500"
    assert loose(stay) == set()


def test_a_reaction_that_another_nurse_read_stands_on_their_sheet_and_is_asked_for() -> None:
    an, binh, stay = make_world(at=ago(hours=20), late_reason="Mất mạng")
    cuc = make_cuc()
    test = skin_tested(stay, an, binh, before())
    read_test(test=test, result="negative", by=cuc)
    assert loose(stay) == {("test_unsigned", binh.full_name), ("test_unsigned", cuc.full_name)}
    compose(stay, "TPU-THUOC", binh, shift_at(stay.facility_id, before()))
    assert loose(stay) == {("test_unsigned", cuc.full_name)}
    [shown] = compose(stay, "TPU-THUOC", cuc, shift_at(stay.facility_id, now()))
    assert (shown["nurse"], shown["reader"]) == (binh.titled_name, cuc.titled_name)
    assert loose(stay) == set()


def test_one_s_own_test_is_on_its_sheet_once_that_shows_the_reading() -> None:
    an, binh, stay = make_world(at=ago(hours=20), late_reason="Mất mạng")
    earlier = shift_at(stay.facility_id, before())
    test = skin_tested(stay, an, binh, before())
    compose(stay, "TPU-THUOC", binh, earlier)
    read_test(test=test, result="negative", by=binh)
    assert loose(stay) == {("test_unsigned", binh.full_name)}
    compose(stay, "TPU-THUOC", binh, earlier)
    assert loose(stay) == set()


def test_a_dose_that_was_given_after_the_sheet_was_made_is_on_none() -> None:
    an, binh, stay = make_world(at=ago(hours=20), late_reason="Mất mạng")
    this = shift_at(stay.facility_id, now())
    give(once(stay, an), binh)
    compose(stay, "TH-THUOC", binh, this)
    assert loose(stay) == set()
    give(once(stay, an, text="Thêm"), binh)
    assert loose(stay) == {("dose_unsigned", binh.full_name)}
    compose(stay, "TH-THUOC", binh, this)
    assert loose(stay) == set()
