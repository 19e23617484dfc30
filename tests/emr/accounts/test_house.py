"""The administrator's home: the facility, its staff in numbers, the parts of the house."""

import pytest
from django.test import Client

from emr.accounts.models import User
from emr.accounts.selectors import staff_counts
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user

pytestmark = pytest.mark.django_db


def test_staff_in_numbers() -> None:
    an = make_an()
    make_binh()
    User.objects.filter(pk=an.pk).update(is_active=False)
    counts = staff_counts(make_facility().pk)
    assert (counts.all, counts.active) == (2, 1)
    by_role = {str(name): people for name, people in counts.by_role}
    assert sorted(by_role.values(), reverse=True)[:2] == [1, 0]


def test_the_administrators_home_says_how_the_house_is(client: Client) -> None:
    admin = make_user("quan", "Lý Công Thành", "admin", make_department(make_facility()))
    client.force_login(admin)
    assert "/administration/house/" in client.get("/").content.decode()
    html = client.get("/administration/house/").content.decode()
    assert "Cơ sở dữ liệu" in html
    assert make_facility().name in html
    assert "patient-search" not in client.get("/").content.decode()  # nobody to find


def test_nobody_else_does(client: Client) -> None:
    client.force_login(make_an())
    assert client.get("/administration/house/").status_code == 403
