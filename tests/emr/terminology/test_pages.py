"""The combobox's search is for every member of staff who is signed in, the catalogues for their keeper."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.emr.terminology.catalogue import LONG_AGO, SOME, bring_in

pytestmark = pytest.mark.django_db
BACKEND = "emr.accounts.backends.StaffBackend"


@pytest.fixture
def an(client: Client) -> Client:
    client.force_login(make_an(), backend=BACKEND)
    return client


@pytest.fixture
def keeper(client: Client) -> Client:
    user = make_user("quantri", "Phạm Thị Quản", "admin", make_department(make_facility()))
    client.force_login(user, backend=BACKEND)
    return client


def test_json_for_the_combobox(an: Client) -> None:
    bring_in(SOME)
    address = reverse("terminology:search", args=["icd10"])
    answer = an.get(address, {"q": "viem phoi", "limit": "2"}, headers={"Accept": "application/json"})
    assert [row["code"] for row in answer.json()["results"]] == ["J18.9", "J15.9"]
    answer = an.get(address, {"q": "C53", "sex": "unknown", "format": "json"})
    assert answer.json()["results"][0]["note"]
    assert an.get(address, {"q": "C53", "sex": "male", "format": "json"}).json() == {"results": []}
    before = {"q": "I10", "on": str(LONG_AGO - dt.timedelta(days=1)), "format": "json"}
    assert an.get(address, before).json() == {"results": []}


def test_a_list_box_of_html(an: Client) -> None:
    bring_in(SOME)
    page = an.get(reverse("terminology:search", args=["icd10"]), {"q": "bệnh dại"}).content.decode()
    assert 'role="listbox"' in page
    assert 'data-code="A82.9"' in page


@pytest.mark.parametrize("wrong", [{"on": "hôm nay"}, {"limit": "nhiều"}])
def test_nonsense_is_a_bad_request(an: Client, wrong: dict[str, str]) -> None:
    assert an.get(reverse("terminology:search", args=["icd10"]), {"q": "a"} | wrong).status_code == 400


def test_an_unknown_catalogue_is_not_found_and_a_stranger_signs_in_first(client: Client) -> None:
    assert client.get(reverse("terminology:search", args=["icd10"])).status_code == 302
    client.force_login(make_an(), backend=BACKEND)
    assert client.get(reverse("terminology:search", args=["icd11"])).status_code == 404
    assert client.post(reverse("terminology:search", args=["icd10"])).status_code == 405


def test_only_the_keeper_sees_the_catalogues(an: Client) -> None:
    bring_in(SOME)
    assert an.get(reverse("terminology:catalogues")).status_code == 403
    assert an.get(reverse("terminology:catalogue", args=["icd10"])).status_code == 403


def test_the_list_of_catalogues_and_its_empty_state(keeper: Client) -> None:
    assert "load_terminology" in keeper.get(reverse("terminology:catalogues")).content.decode()
    bring_in(SOME)
    page = keeper.get(reverse("terminology:catalogues"))
    assert reverse("terminology:catalogue", args=["icd10"]) in page.content.decode()
    assert f">{len(SOME)}<" in page.content.decode()


def test_a_catalogue_is_searched_paged_and_shows_ended_codes_on_request(keeper: Client) -> None:
    bring_in(SOME)
    bring_in(SOME[:1], day=dt.date(2026, 1, 1), complete=True)
    address = reverse("terminology:catalogue", args=["icd10"])
    assert "J18.9" not in keeper.get(address).content.decode()
    ended = keeper.get(address, {"state": "ended", "q": "viem phoi"}).content.decode()
    assert "J18.9" in ended
    assert "31/12/2025" in ended
    assert "X00.9" in keeper.get(address, {"state": "all"}).content.decode()
    nothing = keeper.get(address, {"q": "khong co ma nay"})
    assert "J18" not in nothing.content.decode()
    assert keeper.get(address, {"page": "999", "state": "xyz"}).status_code == 200


def test_a_page_costs_the_same_however_many_codes(
    keeper: Client, django_assert_max_num_queries: object
) -> None:
    bring_in(SOME)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert keeper.get(reverse("terminology:catalogue", args=["icd10"])).status_code == 200
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert keeper.get(reverse("terminology:catalogues")).status_code == 200
