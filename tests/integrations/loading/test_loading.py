"""The HIS's lists come in once: what they would do is said first, the same again changes nothing, a killed run goes on."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from emr.accounts.access import Denied
from emr.accounts.models import Organization, PractitionerRole, User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from encounters.visits.models import Condition, Encounter
from integrations.loading import reading, services
from integrations.loading.models import FirstLoad, PastStay
from integrations.loading.services import running
from patients.registry.models import Identifier, Patient
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.encounters.visits.ward import admit, make_bed
from tests.integrations.loading.files import PATIENTS, STAYS, full_case, table, whole

pytestmark = pytest.mark.django_db
HOA = "BN1;Nguyễn Thị Hoa;17/05/1980;Nữ;001180000001;GD4010123456789;0900000001;12 Lê Lợi"
NAM = "BN2;Trần Văn Năm;1956;Nam;;;;"


@pytest.fixture
def kien(db: None) -> User:
    return make_user("kien", "Dương Văn Kiên", "integration", make_department(make_facility(), "HC", "HC"))


def took(kien: User, data: bytes, kind: str = "patients", cutover: dt.datetime | None = None) -> FirstLoad:
    """The file, checked."""
    load = services.take_file(kind=kind, file_name="ds.csv", data=data, by=kien, cutover_at=cutover)
    while services.check_next(first_load_id=load.pk):
        pass
    load.refresh_from_db()
    return load


def applied(load: FirstLoad, kien: User) -> FirstLoad:
    services.start(load=load, by=kien)
    while services.apply_next(first_load_id=load.pk):
        pass
    load.refresh_from_db()
    assert load.status == "done"
    return load


def planned(load: FirstLoad) -> list[str]:
    return list(load.lines.order_by("line").values_list("planned", flat=True))


def results(load: FirstLoad) -> list[str]:
    return list(load.lines.order_by("line").values_list("result", flat=True))


def remarks(load: FirstLoad) -> list[list[str]]:
    return [[code for code, _detail in line.remarks] for line in load.lines.order_by("line")]


def test_checking_changes_nothing_and_says_what_would_be(kien: User) -> None:
    load = took(kien, table(PATIENTS, HOA, NAM, "BN3;;1990;Nam;;;;", "BN4;Ai;32/13/1990;Nam;;;;", HOA))
    assert (load.status, load.line_count) == ("checked", 5)
    assert planned(load) == ["create", "create", "error", "error", "error"]
    assert remarks(load) == [[], [], ["no_name"], ["birth"], ["twice"]]
    assert not Patient.objects.exists()


def test_patients_come_in_with_their_numbers(kien: User) -> None:
    load = applied(took(kien, table(PATIENTS, HOA, NAM)), kien)
    assert results(load) == ["create", "create"]
    hoa = Patient.objects.get(full_name="Nguyễn Thị Hoa")
    assert (hoa.birth_date, hoa.sex, hoa.address_line) == (dt.date(1980, 5, 17), "female", "12 Lê Lợi")
    held = set(Identifier.objects.filter(patient=hoa).values_list("value", flat=True))
    assert held == {"BN1", "001180000001", "0123456789"}
    assert Patient.objects.get(full_name="Trần Văn Năm").birth_year == 1956
    assert AuditEvent.objects.filter(action="patient.register", agent_id=kien.pk).count() == 2
    # What a line said of a person stands in the record now, and nowhere beside it.
    assert [line.values for line in load.lines.all()] == [{}, {}]


def test_the_same_list_again_changes_nothing_and_a_newer_one_what_is_newer(kien: User) -> None:
    applied(took(kien, table(PATIENTS, HOA, NAM)), kien)
    before = list(Patient.objects.order_by("pk").values())
    again = took(kien, table(PATIENTS, HOA, NAM))
    assert planned(again) == ["same", "same"]
    assert results(applied(again, kien)) == ["same", "same"]
    assert list(Patient.objects.order_by("pk").values()) == before
    assert Identifier.objects.count() == 4
    newer = applied(
        took(kien, table(PATIENTS, HOA.replace("12 Lê Lợi", "9 Hàng Bài"), "BN2;Trần Văn Năm;;;;;;")), kien
    )
    assert results(newer) == ["change", "same"]  # an empty cell takes nothing away
    assert Patient.objects.get(full_name="Nguyễn Thị Hoa").address_line == "9 Hàng Bài"
    assert Patient.objects.get(full_name="Trần Văn Năm").birth_year == 1956


def test_killed_at_any_line_and_run_again_it_ends_the_same(
    kien: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was not committed is done anew; what was, isn't done twice."""
    lines = [f"BN{n};Người Thứ {n};19{n + 10};Nam;;;;" for n in range(1, 8)]
    load = took(kien, table(PATIENTS, *lines))
    services.start(load=load, by=kien)
    real, calls = running._note, 0

    def dies_now_and_then(*told: Any) -> None:
        nonlocal calls
        calls += 1
        real(*told)
        if calls % 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "_note", dies_now_and_then)
    for _life in range(30):
        try:
            while services.apply_next(first_load_id=load.pk, lines=2):
                pass
            break
        except KeyboardInterrupt:
            continue
    load.refresh_from_db()
    assert (load.status, load.done_count) == ("done", 7)
    assert Patient.objects.count() == 7
    assert Identifier.objects.count() == 7
    assert calls > 7


def test_checking_goes_on_where_it_was_killed(kien: User) -> None:
    load = services.take_file(
        kind="patients", file_name="a.csv", data=table(PATIENTS, HOA, NAM, HOA), by=kien
    )
    assert services.check_next(first_load_id=load.pk, lines=1)
    assert services.check_next(first_load_id=load.pk, lines=2)
    assert not services.check_next(first_load_id=load.pk, lines=2)
    assert planned(load) == ["create", "create", "error"]


def test_a_run_stops_and_goes_on(kien: User) -> None:
    load = took(kien, table(PATIENTS, HOA, NAM))
    services.start(load=load, by=kien)
    assert services.apply_next(first_load_id=load.pk, lines=1)
    services.stop(load=load, by=kien)
    assert not services.apply_next(first_load_id=load.pk, lines=1)
    assert Patient.objects.count() == 1
    applied(load, kien)
    assert Patient.objects.count() == 2


def test_who_may_no_longer_applies_nothing_more(kien: User) -> None:
    load = took(kien, table(PATIENTS, HOA, NAM))
    services.start(load=load, by=kien)
    PractitionerRole.objects.filter(user=kien).delete()
    assert not services.apply_next(first_load_id=load.pk)
    load.refresh_from_db()
    assert load.status == "stopped"
    assert not Patient.objects.exists()
    with pytest.raises(Denied):
        services.take_file(kind="patients", file_name="a.csv", data=b"x", by=make_an())


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", "không có tiêu đề\n".encode(), table(PATIENTS)])
def test_a_file_that_is_none_says_so(kien: User, data: bytes) -> None:
    if not data:
        with pytest.raises(DomainError):
            took(kien, data)
        return
    load = took(kien, data)
    assert load.status == "unreadable"
    assert load.problem


def here() -> tuple[Organization, dt.datetime]:
    bed = make_bed("01")
    return bed.department, timezone.localtime().replace(second=0, microsecond=0)


def said(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}"


def test_open_stays_come_with_bed_doctor_and_diagnosis(kien: User) -> None:
    department, moment = here()
    an = make_an(department)
    applied(took(kien, table(PATIENTS, HOA, NAM)), kien)
    began = moment - dt.timedelta(days=3)
    lines = [
        f"DT1;BN1;Nội trú;{said(began)};K03;01;AN;J18.9;Viêm phổi",
        f"DT2;BN2;;{said(began)};K03;01;KHONGCO;;",  # the bed is taken by the line before
        f"DT3;BN9;;{said(began)};K03;;;;",
        f"DT4;BN2;;{said(moment)};K03;;;;",
        f"DT5;BN2;chuyến bay;{said(began)};K03;;;;",
        f"DT6;BN2;Ngoại trú;{said(began)};K77;P9;;;",
    ]
    load = took(kien, table(STAYS, *lines), "stays", moment - dt.timedelta(hours=1))
    assert planned(load) == ["create", "create", "error", "error", "error", "create"]
    assert remarks(load) == [[], [], ["unknown_patient"], ["after_cutover"], ["kind"], ["department", "bed"]]
    applied(load, kien)
    assert results(load) == ["create", "create", "error", "error", "error", "create"]
    first = Encounter.objects.get(identifier="DT1")
    place = first.locations.get()
    assert (first.encounter_class, first.begins_at, place.location.code) == ("IMP", began, "01")
    assert first.participants.filter(practitioner=an, role="ATND").exists()
    assert "Viêm phổi" in Condition.objects.get(encounter=first).text
    second = Encounter.objects.get(identifier="DT2")
    assert (second.locations.get().location, second.locations.get().location_as_sent) == (None, "01")
    assert remarks(load)[1] == ["doctor", "bed_taken"]
    third = Encounter.objects.get(identifier="DT6").locations.get()
    assert (third.department_as_sent, third.location_as_sent) == ("K77", "P9")
    again = applied(took(kien, table(STAYS, *lines), "stays", moment - dt.timedelta(hours=1)), kien)
    assert results(again)[0::5] == ["same", "same"]
    assert Encounter.objects.count() == 3
    assert Condition.objects.count() == 1


def test_what_is_open_here_and_not_listed_is_shown(kien: User) -> None:
    _department, moment = here()
    applied(took(kien, table(PATIENTS, HOA)), kien)
    mine = admit(at=moment - dt.timedelta(days=1), late_reason="Nhập bù", identifier="DT-LE")
    load = took(
        kien,
        table(STAYS, f"DT1;BN1;;{said(moment - dt.timedelta(days=2))};K03;;;;"),
        "stays",
        moment - dt.timedelta(hours=1),
    )
    assert load.not_listed == [mine.identifier]


def test_the_cutover_hour_is_asked_for(kien: User) -> None:
    with pytest.raises(DomainError):
        took(kien, table(STAYS), "stays")
    with pytest.raises(DomainError):
        took(kien, table(STAYS), "stays", timezone.now() + dt.timedelta(hours=1))


def test_past_stays_are_kept_as_told_and_a_correction_is_a_version(kien: User) -> None:
    applied(took(kien, table(PATIENTS, "BN1;Trần Văn Năm;17/05/1980;Nam;;;;")), kien)
    data = whole(full_case(), full_case("LK2", "BN2"), full_case("LK3", MA_CSKCB="88888"), full_case("LK1"))
    load = took(kien, data, "history")
    assert planned(load) == ["create", "create", "error", "error"]
    assert remarks(load) == [[], ["new_patient"], ["other_facility"], ["twice"]]
    applied(load, kien)
    stay = PastStay.objects.get(number="LK1")
    assert stay.patient == Patient.objects.get(identifiers__value="BN1")
    assert (stay.diagnosis_code, stay.care_type, stay.version) == ("J18.9", "03", 1)
    assert f"{timezone.localtime(stay.began_at):%H:%M}" == "08:30"
    assert [row["TEN_THUOC"] for row in stay.content["XML2"]] == ["Ceftriaxon 1g", "Paracetamol 500mg"]
    assert Patient.objects.get(identifiers__value="BN2").sex == "male"
    again = applied(took(kien, whole(full_case()), "history"), kien)
    assert results(again) == ["same"]
    corrected = took(kien, whole(full_case(CHAN_DOAN_RV="Lao phổi")), "history")
    assert planned(corrected) == ["change"]
    applied(corrected, kien)
    assert list(
        PastStay.objects.filter(number="LK1").order_by("version").values_list("version", flat=True)
    ) == [1, 2]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("17/05/1980", (dt.date(1980, 5, 17), 5, 1980)),
        ("1980-05-17", (dt.date(1980, 5, 17), 5, 1980)),
        ("05/1980", (None, 5, 1980)),
        ("1980", (None, None, 1980)),
        ("198005170000", (dt.date(1980, 5, 17), 5, 1980)),
        ("198000000000", (None, None, 1980)),
        ("198005000000", (None, 5, 1980)),
    ],
)
def test_births_are_read_as_hospitals_write_them(text: str, found: tuple[object, ...]) -> None:
    """QĐ 4750: what isn't known of a date is written as zeros."""
    born = reading.birth(text)
    assert (born["birth_date"], born["birth_month"], born["birth_year"]) == found


def test_the_command_does_the_same(kien: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ds.csv"
    file.write_bytes(table(PATIENTS, HOA, "BN3;;1990;Nam;;;;"))
    call_command("first_load", "patients", file, "--by", "kien")
    told = capsys.readouterr().out
    assert "2 lines: 1 new" in told
    assert "line 3" in told
    assert not Patient.objects.exists()
    call_command("first_load", "patients", file, "--by", "kien", "--apply")
    assert "Applied: 1 new" in capsys.readouterr().out
    assert Patient.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("first_load", "patients", file, "--by", "nobody")
