"""What manufacturers print is read as the standard says, and leads to the dose that it is for, or to nothing."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emr.common.clock import local_today
from emr.terminology.models import CodeSystem, Concept
from encounters.medicines.gs1 import GS, BadCode, Package, check_digit, is_gtin, read_package
from encounters.medicines.models import MedicationAdministration, MedicinePackage
from encounters.orders.services import BadRows, import_table
from tests.encounters.medicines.doses import make_world, once
from tests.encounters.specimens.tubes import neighbour
from tests.encounters.visits.ward import signed_in

TODAY = dt.date(2026, 11, 28)
GTIN = "02000000000022"
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def one(code: str) -> Package:
    """The only way to read it."""
    (found,) = read_package(code, TODAY)
    return found


def told(code: str) -> list[tuple[str, str, str, str]]:
    """GTIN, expiry, batch, serial, in each way to read it."""
    return [
        (way.gtin, f"{way.expires_on:%y%m%d}" if way.expires_on else "", way.batch, way.serial)
        for way in read_package(code, TODAY)
    ]


def test_datamatrix_gs1_128_and_a_plain_ean_are_read() -> None:
    for prefix in ("", "]d2", "]C1", GS, "]d2" + GS):
        found = one(f"{prefix}01{GTIN}1728022810AB-12{GS}21S001")
        assert (found.gtin, found.batch, found.serial) == (GTIN, "AB-12", "S001")
        assert found.expires_on == dt.date(2028, 2, 28)


def test_an_expiry_without_a_day_is_the_month_s_last_and_the_century_is_the_nearest() -> None:
    for text, day in (
        ("280200", dt.date(2028, 2, 29)),
        ("990101", dt.date(1999, 1, 1)),
        ("760101", dt.date(2076, 1, 1)),
        ("261231", dt.date(2026, 12, 31)),
    ):
        assert one(f"01{GTIN}17{text}").expires_on == day


def test_brackets_and_an_ean_are_read_and_our_own_numbers_are_none_of_it() -> None:
    found = one(f"(01){GTIN}(17)271100(10)A1")
    assert (found.batch, found.expires_on) == ("A1", dt.date(2027, 11, 30))
    assert one(found.text) == found
    assert one("2000000000022").gtin == GTIN
    for ours in ("LT260000001", "BN26000123", "26000012", "0123456789013", "", "01", "0100000000000001"):
        assert read_package(ours, TODAY) == []


# Element strings printed as examples: GS1 DataMatrix Guideline 2.5.1 (2.2, annex 4), GS1 General Specifications 7.8.
@pytest.mark.parametrize(
    ("code", "ways"),
    [
        ("01070462613985721713033110TEST5632", [("07046261398572", "130331", "TEST5632", "")]),
        ("010345312000001117120508", [("03453120000011", "120508", "", "")]),
        ("01034531200000111712050810ABCD1234", [("03453120000011", "120508", "ABCD1234", "")]),
        ("01034531200000111106101817120508", [("03453120000011", "120508", "", "")]),
        (
            "01070462613985721713033110TEST56322119067811811",
            [("07046261398572", "130331", "TEST5632", "19067811811")],
        ),
    ],
)
def test_the_standards_own_examples_are_read_without_separators(
    code: str, ways: list[tuple[str, str, str, str]]
) -> None:
    assert told(code) == ways


def test_what_may_be_read_in_two_ways_is_asked_and_not_guessed() -> None:
    head = f"01{GTIN}17280228"
    assert told(f"{head}10AB2101") == [(GTIN, "280228", "AB2101", ""), (GTIN, "280228", "AB", "01")]
    assert told(f"01{GTIN}10AB17280228") == [(GTIN, "", "AB17280228", ""), (GTIN, "280228", "AB", "")]
    # No such day: it is part of the batch. Nor does an identifier come twice, or without a value.
    assert told(f"01{GTIN}10AB17281399") == [(GTIN, "", "AB17281399", "")]
    assert told(f"{head}10AB17280101") == [(GTIN, "280228", "AB17280101", "")]
    assert told(f"{head}10AB21") == [(GTIN, "280228", "AB21", "")]
    # Longer than a batch may be: something ran into it.
    assert told(f"{head}10ABCDEFGHIJKLMNOPQ21S1") == [(GTIN, "280228", "ABCDEFGHIJKLMNOPQ", "S1")]
    # A scanner that sends separators is believed: the batch is the last.
    assert told(f"{GS}{head}10AB2101") == [(GTIN, "280228", "AB2101", "")]
    assert told(f"{head}10AB{GS}2101") == [(GTIN, "280228", "AB", "01")]
    with pytest.raises(BadCode):  # too many ways: nobody looks through them
        read_package(f"{head}10{'21' * 10}", TODAY)


@pytest.mark.parametrize(
    "code",
    [
        f"]d201{GTIN[:-1]}9",
        f"01{GTIN}17281332",
        f"01{GTIN}1728",
        f"01{GTIN}10{'A' * 21}",
        f"(01){GTIN}rest(10)",
        "]d210AB",
        "(10)AB",
    ],
)
def test_a_damaged_code_is_refused_and_not_guessed(code: str) -> None:
    with pytest.raises(BadCode):
        read_package(code, TODAY)


@calmly
@given(st.text(max_size=120))
def test_nothing_scanned_breaks_it(code: str) -> None:
    try:
        found = read_package(code, TODAY)
    except BadCode:
        return
    assert all(is_gtin(way.gtin) for way in found)


letters = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789-./", min_size=1, max_size=20)


@calmly
@given(st.text("0123456789", min_size=13, max_size=13), letters, letters, st.dates(dt.date(2000, 1, 1), dt.date(2060, 1, 1)),
       st.permutations(["10", "17", "21"]))  # fmt: skip
def test_what_is_written_is_read_again(
    digits: str, batch: str, serial: str, day: dt.date, order: list[str]
) -> None:
    digits = f"1{digits[1:]}"  # nothing is nobody's number
    gtin = f"{digits}{check_digit(digits)}"
    values = {"10": batch, "17": f"{day:%y%m%d}", "21": serial}
    code = "]d201" + gtin + "".join(f"{name}{values[name]}{GS if name != '17' else ''}" for name in order)
    found = one(code)
    assert (found.gtin, found.batch, found.serial, found.expires_on) == (gtin, batch, serial, day)


@calmly
@given(
    letters, letters, st.dates(dt.date(2000, 1, 1), dt.date(2060, 1, 1)), st.permutations(["10", "17", "21"])
)
def test_without_separators_what_was_written_is_among_the_ways_to_read_it(
    batch: str, serial: str, day: dt.date, order: list[str]
) -> None:
    values = {"10": batch, "17": f"{day:%y%m%d}", "21": serial}
    code = f"01{GTIN}" + "".join(f"{name}{values[name]}" for name in order)
    try:
        ways = read_package(code, TODAY)
    except BadCode:
        return  # more ways than anybody looks through
    assert (batch, serial, day) in [(way.batch, way.serial, way.expires_on) for way in ways]
    assert len(ways) == len(set(map(str, ways)))


@pytest.mark.django_db
class TestAtTheBed:
    """Wristband, then the package."""

    def test_a_package_gives_the_dose_it_is_for_with_batch_expiry_and_serial(self) -> None:
        an, binh, stay = make_world()
        system, _new = CodeSystem.objects.get_or_create(
            code="medicine", defaults={"title": "m", "url": "urn:m"}
        )
        Concept.objects.create(system=system, code="TH0001", display="Paracetamol 500 mg", properties={})
        rows = f"code;medicine;name;source;valid_from;valid_to\n{GTIN};TH0001;Paracetamol;bao bì;;\n"
        import_table(facility=stay.facility, name="packages", content=rows.encode(), by=an)
        for wrong in (GTIN[1:] + "3;TH0001", f"{GTIN[1:]};TH0001", "02000000000015;TH9999"):
            bad = f"code;medicine;name;source;valid_from;valid_to\n{wrong};x;x;;\n"
            with pytest.raises(BadRows):
                import_table(facility=stay.facility, name="packages", content=bad.encode(), by=an)
        assert MedicinePackage.objects.count() == 1
        dose, client = once(stay, an, code="TH0001", text="Paracetamol 500 mg"), signed_in(binh)
        address = reverse("encounters:medicines:scan_of_stay", args=[stay.uuid])
        year = local_today().year + 2
        code = f"]d201{GTIN}17{year % 100}123110LOT7\u241d21S9"
        told = {"code": code, "key": str(uuid.uuid4())}
        assert client.post(address, told).status_code == 422  # the wristband first
        number = str(stay.patient.identifiers.get(is_own=True).value)
        client.post(reverse("encounters:medicines:scan"), {"code": number})
        for other, status in (
            (f"01{GTIN}17200101", 422),  # expired
            (f"01{GTIN}17281332", 422),  # damaged
            ("0102000000000015", 422),  # nobody knows whose package it is
        ):
            assert client.post(address, {"code": other, "key": str(uuid.uuid4())}).status_code == status, (
                other
            )
        assert not MedicationAdministration.objects.exists()
        for _time in range(2):
            client.post(address, told)
        row = MedicationAdministration.objects.get(dose=dose)
        assert (row.gtin, row.batch, row.serial, row.how) == (GTIN, "LOT7", "S9", "scan")
        assert row.expires_on == dt.date(year, 12, 31)
        unsure = client.post(
            address, {"code": f"01{GTIN}17{year % 100}123110L2109", "key": str(uuid.uuid4())}
        )
        assert unsure.status_code == 422
        for way in ("(10)L2109", "(10)L(21)09"):
            assert f'value="(01){GTIN}(17){year % 100}1231{way}"' in unsure.content.decode()
        again = client.post(address, {"code": code, "key": str(uuid.uuid4())})
        assert again.status_code == 409  # nothing more of it is due
        hoa = neighbour()
        client.post(
            reverse("encounters:medicines:scan"),
            {"code": str(hoa.patient.identifiers.get(is_own=True).value)},
        )
        not_hers = reverse("encounters:medicines:scan_of_stay", args=[hoa.uuid])
        wrong_patient = client.post(not_hers, {"code": code, "key": str(uuid.uuid4())})
        assert wrong_patient.status_code == 409
        assert "CHƯA CÓ LIỀU" in wrong_patient.content.decode()
        assert MedicationAdministration.objects.count() == 1
