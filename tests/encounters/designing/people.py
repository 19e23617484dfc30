"""Quân who keeps the system, Hà of the planning office, a draft to work on."""

from typing import Any

from django.test import Client

from emr.accounts.models import User
from encounters.designing.models import FormDraft
from encounters.designing.services import begin_draft, begin_new
from encounters.forms.models import Questionnaire
from tests.emr.people import make_department, make_facility, make_user


def make_quan() -> User:
    """The administrator: makes forms, publishes none."""
    return make_user("quan", "Phạm Hồng Quân", "admin", make_department(make_facility()))


def make_ha() -> User:
    """Of the planning office: makes forms, publishes those of others."""
    return make_user("ha", "Đỗ Thu Hà", "planning", make_department(make_facility()))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shipped(code: str = "39/BV2") -> Questionnaire:
    return Questionnaire.objects.get(code=code, facility=None)


def make_draft(by: User, code: str = "NB-01/K03", title: str = "Phiếu theo dõi sau thủ thuật") -> FormDraft:
    """A form of the house's own, with its one field `field`."""
    return begin_new(code=code, title=title, by=by)


def changing(by: User, code: str = "39/BV2") -> FormDraft:
    """What follows a delivered form."""
    return begin_draft(version=shipped(code), by=by)


def labels(resource: dict[str, Any]) -> list[str]:
    """The words of the fields at the top."""
    return [item["text"] for item in resource["item"]]
