"""schemathesis over every address, as three roles: whatever is sent, the answer is never a fault.

There is no JSON API yet, so the schema is made from the URL table: each address by GET and POST, with the parameters that
the views read as free text. Bounded, in this process, without a network.
"""

import re
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from emr.common.doors import PUBLIC, SIGNED_IN
from tests.emr.people import make_department, make_facility, make_user
from tests.journeys.test_every_page import _views
from tests.security.test_crawl import parameters

ROLES = ("doctor", "integration", "admin")
EXAMPLES = 20
LEFT_OUT = {"signin:sign_out", "ui:styleguide", "ui:styleguide-codes", "health:ready"}
KINDS = {"uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}}


def schema_for(rights: set[str]) -> dict[str, Any]:
    """OpenAPI of what these rights open."""
    text = {"type": "string", "maxLength": 40}
    asked = [{"name": name, "in": "query", "schema": text} for name in parameters()]
    form = {"type": "object", "properties": dict.fromkeys(parameters(), text)}
    body = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
    paths: dict[str, Any] = {}
    for name, path, view in _views():
        if getattr(view, "required_right", None) not in rights or name in LEFT_OUT:
            continue
        parts = re.findall(r"<(\w+):(\w+)>", path)
        inside = [
            {
                "name": part,
                "in": "path",
                "required": True,
                "schema": KINDS.get(kind, {"type": "string", "minLength": 1}),
            }
            for kind, part in parts
        ]
        answers = {"responses": {"default": {"description": ""}}}
        paths["/" + re.sub(r"<\w+:(\w+)>", r"{\1}", path)] = {
            "get": {"parameters": [*inside, *asked], **answers},
            "post": {"parameters": inside, "requestBody": body, **answers},
        }
    return {"openapi": "3.0.3", "info": {"title": "addresses", "version": "1"}, "paths": paths}


def _fields(given: object) -> dict[str, str]:
    """What a form can carry of what was made up."""
    return {name: str(value) for name, value in given.items()} if isinstance(given, dict) else {}


@pytest.mark.django_db
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES)
def test_whatever_is_sent_is_no_fault(role: str) -> None:
    """S-25, S-58."""
    user = make_user("someone", "Phạm Văn Ai", role, make_department(make_facility()))
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    rights = {PUBLIC, SIGNED_IN} | {
        right
        for _n, _p, view in _views()
        if user.has_right(right := str(getattr(view, "required_right", "")))
    }
    schema = schemathesis.openapi.from_dict(schema_for(rights))
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    strategies = [operation.as_strategy() for operation in operations]
    tried = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies))
    def attempt(case: Any) -> None:
        nonlocal tried
        tried += 1
        path = case.formatted_path
        if case.method.upper() == "GET":
            answer = client.get(path, _fields(case.query))
        else:
            answer = client.post(path, _fields(case.body))
        assert answer.status_code < 500, (case.method, path)

    attempt()
    assert tried >= EXAMPLES
