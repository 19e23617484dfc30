"""The demo's people and a real hospital never share a database."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from emr.accounts.demo_data import refuse_demo_data
from tests.emr.people import make_department, make_facility, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("demo", "code", "username", "refused"),
    [
        (False, "99999", "bacsi", True),
        (False, "99999", "nguyenvanan", False),
        (False, "01234", "bacsi", False),
        (True, "99999", "bacsi", False),
    ],
)
def test_production_refuses_the_demo(
    settings: Settings, demo: bool, code: str, username: str, refused: bool
) -> None:
    settings.EMR_DEMO = demo
    make_user(username, "Nguyễn Văn An", "doctor", make_department(make_facility(code)))
    if refused:
        with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
            refuse_demo_data()
    else:
        refuse_demo_data()
