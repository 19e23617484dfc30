"""A form of a house's own, and one being made: for whoever walks through every address."""

from typing import Any

from django.db import models

from emr.accounts.models import Organization, User
from encounters.designing.services import begin_new
from encounters.forms.services import load_questionnaire


def build_form_rows(facility: Organization, author: User) -> dict[str, models.Model]:
    """{part of an address: row}."""
    resource: dict[str, Any] = {
        "resourceType": "Questionnaire",
        "url": f"urn:benhanmo:facility:{facility.code}:questionnaire:NB-09",
        "version": "1",
        "title": "Phiếu của viện",
        "status": "active",
        "date": "2026-01-01",
        "code": [{"system": "urn:benhanmo:form-code", "code": "NB-09"}],
        "item": [{"linkId": "field", "text": "Trường", "type": "string"}],
    }
    version, _is_new = load_questionnaire(resource, facility=facility)
    return {"version_uuid": version, "draft_uuid": begin_new(code="NB-10", title="Phiếu đang làm", by=author)}
