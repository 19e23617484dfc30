"""One box: names in any order, accents or not, partial, every number; nobody else's patients."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from patients.registry import selectors, systems
from patients.registry.models import CareContext
from patients.registry.selectors import register_number_provider, search_patients
from patients.registry.services import add_identifier, merge_patients
from tests.emr.people import make_an, make_department, make_facility
from tests.patients.people import in_care_of, make_clerk, make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return make_clerk()


def _names(user: User, text: str) -> list[str]:
    return [p.full_name for p in search_patients(user, text).patients]


@pytest.mark.parametrize(
    "text",
    [
        "nguyen thi dao",
        "Đào Nguyễn",
        "DAO",
        "đà",
        "th dao ng",
        "nguyễn thị đào",
        "dao 1957",
        "dao 14/03/1957",
        "00000001",
        "1957",
        "038157012345",
        "0381570",
        "ht2568912345678",
        "8912345678",
        "0912.345.678",
        "+84 912 345 678",
        "171234567",
    ],
)
def test_dao_is_found_whatever_is_typed(clerk: User, text: str) -> None:
    dao = make_patient(phone="0912 345 678")
    make_patient("Trần Văn Hùng", birth_date=dt.date(1987, 1, 1), sex="male", phone="0987654321")
    for system, value in (
        (systems.CITIZEN, "038157012345"),
        (systems.OLD_CITIZEN, "171234567"),
        (systems.INSURANCE, "HT2568912345678"),
    ):
        add_identifier(patient=dao, system=system, value=value, by=None)
    expected = [] if text == "1957" else ["Nguyễn Thị Đào"]
    assert _names(clerk, text) == expected


@pytest.mark.parametrize("text", ["hung thi", "dao 1958", "ao", "99999", "%", "_", "' OR 1=1 --"])
def test_what_does_not_fit_is_not_found(clerk: User, text: str) -> None:
    make_patient()
    assert _names(clerk, text) == []


def test_a_decomposed_name_equals_a_composed_one(clerk: User) -> None:
    import unicodedata  # noqa: PLC0415

    make_patient(unicodedata.normalize("NFD", "Trần Thị Hường"))
    assert _names(clerk, "Hường Trần") == ["Trần Thị Hường"]


def test_a_misspelt_name_is_found_by_likeness_and_says_so(clerk: User) -> None:
    make_patient("Nguyễn Thị Phượng")
    page = search_patients(clerk, "nguyen thi phuongg")
    assert page.is_similar
    assert [p.full_name for p in page.patients] == ["Nguyễn Thị Phượng"]


def test_a_ward_finds_its_own_and_nobody_else(clerk: User) -> None:
    an, dao = make_an(), make_patient()
    make_patient("Nguyễn Thị Đào", birth_date=dt.date(1990, 1, 1))
    in_care_of(dao, make_department(make_facility()))
    assert search_patients(an, "dao").patients == [dao]
    assert search_patients(an, "00000002").patients == []
    assert len(search_patients(clerk, "dao").patients) == 2
    other = make_facility("11111", "Bệnh viện khác")
    make_patient("Nguyễn Thị Đào", facility=other)
    assert len(search_patients(clerk, "dao").patients) == 2


def test_pages_follow_each_other_without_gap_or_double(clerk: User) -> None:
    made = [make_patient(f"Lê Văn Tám{'a' * n}", birth_year=1980).pk for n in range(45)]
    seen: list[int] = []
    before = None
    while True:
        page = search_patients(clerk, "le tam", before=before)
        seen += [p.pk for p in page.patients]
        if page.next_before is None:
            break
        before = page.next_before
    assert seen == sorted(made, reverse=True)


def test_a_merged_record_is_found_and_names_its_survivor(clerk: User) -> None:
    dao, twice = make_patient(), make_patient("Nguyễn Thị Hồng Đào")
    merge_patients(survivor=dao, duplicate=twice, by=None, reason="Cùng người")
    found = search_patients(clerk, "hong dao").patients
    assert [(p, p.merged_into) for p in found] == [(twice, dao)]


def test_a_room_above_brings_its_numbers_into_the_one_query(
    clerk: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: object
) -> None:
    dao = make_patient()
    in_care_of(dao, make_department(make_facility()))
    monkeypatch.setattr(selectors, "_number_providers", {})
    register_number_provider(
        "admission",
        lambda facility_id, number: CareContext.objects.filter(
            facility_id=facility_id, source__endswith=number
        ).values("patient_id"),
    )
    CareContext.objects.update(source="26004711")
    assert clerk.has_right("registry.search")
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = search_patients(clerk, "26004711").patients
    assert (found, found[0].mrn, found[0].last_department) == ([dao], "00000001", "Khoa Nội")


def test_charts_opened_lately_stand_on_the_page(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    dao, hung = make_patient(), make_patient("Trần Văn Hùng", birth_date=dt.date(1987, 1, 1))
    for patient in (dao, hung, dao):
        client.get(reverse("patients:registry:chart", args=[patient.uuid]))
    page = client.get(reverse("patients:registry:search"))
    assert set(page.context["recent"]) == {dao, hung}
