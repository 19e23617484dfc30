"""The menu of new documents: what the person may write, found without accents, what the department uses on top."""

from typing import Any

import pytest

from encounters.documents import services
from encounters.documents.menu import menu_of
from encounters.forms.models import Questionnaire
from tests.emr.people import make_binh
from tests.encounters import chart
from tests.encounters.visits.ward import ago, department

pytestmark = pytest.mark.django_db


def codes(groups: Any) -> list[str]:
    return [entry.code for group in groups for entry in group.entries]


def test_a_doctor_finds_the_wards_forms_and_none_that_has_its_own_way_in() -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    found = codes(menu_of(an, stay))
    assert {"04/BV2", "06/BV2", "27/BV2", "41/BV2", "BK-ATPT", "DG-DINHDUONG"} <= set(found)
    assert not {"01/BV1", "36/BV2", "DON-THUOC", "07/BV2", "44/BV2", "17/BV2"} & set(found)
    assert len(found) == len(set(found))


def test_a_nurse_finds_the_checklists_alone() -> None:
    _an, stay = chart.make_stay(at=ago(hours=9))
    binh = make_binh(department())
    assert set(codes(menu_of(binh, stay))) == {
        "39/BV2",
        "BK-ATPT",
        "BK-CT",
        "BK-MRI",
        "BK-TRUOCMO",
        "DG-DINHDUONG",
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("hoi chan", {"27/BV2"}),
        ("TRÍCH biên", {"27/BV2", "28/BV2"}),
        ("27", {"27/BV2"}),
        ("bang kiem an toan", {"BK-ATPT", "BK-CT", "BK-MRI"}),
        ("zzz", set()),
    ],
)
def test_it_is_found_without_accents_and_by_number(words: str, found: set[str]) -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    narrowed = {entry.code for group in menu_of(an, stay, words) for entry in group.entries}
    assert narrowed == found


def test_what_the_department_uses_stands_on_top_and_the_queries_don_t_grow(
    django_assert_num_queries: Any,
) -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    for _ in range(2):
        services.begin_document(encounter=stay, code="27/BV2", by=an)
    services.begin_document(encounter=stay, code="04/BV2", by=an)
    menu_of(an, stay)
    with django_assert_num_queries(2):
        groups = menu_of(an, stay)
    assert codes(groups[:1]) == ["27/BV2", "04/BV2"]
    assert codes(groups[1:]).count("27/BV2") == 1


def test_a_facility_s_own_form_stands_in_the_ministry_s_place() -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    ministry = Questionnaire.objects.get(code="27/BV2")
    own = dict(ministry.resource, url="urn:own:27", title="Hội chẩn của bệnh viện")
    Questionnaire.objects.create(
        facility=stay.facility,
        url="urn:own:27",
        version="1",
        code="27/BV2",
        title=own["title"],
        status="active",
        resource=own,
        sha256="0" * 64,
        effective_from=ministry.effective_from,
    )
    entries = [entry for group in menu_of(an, stay, "27/BV2") for entry in group.entries]
    assert [entry.title for entry in entries] == ["Hội chẩn của bệnh viện"]


def test_the_page_and_its_fragment(client: Any) -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    client.force_login(an)
    address = f"/encounters/{stay.uuid}/documents/new"
    page = client.get(address).content.decode()
    assert "<h1" in page
    assert 'value="27/BV2"' in page
    fragment = client.get(address, {"q": "zzz"}, headers={"HX-Request": "true"}).content.decode()
    assert "<h1" not in fragment
    assert "Không có phiếu nào như vậy" in fragment
    assert (
        f"/encounters/{stay.uuid}/documents/new"
        in client.get(f"/encounters/{stay.uuid}/documents/").content.decode()
    )
