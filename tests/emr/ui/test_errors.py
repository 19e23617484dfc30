"""Pages of what went wrong: in words, with what was typed kept, and nothing secret in them."""

import json
from typing import Any

from django.test import RequestFactory

from emr.ui.errors import not_found, unavailable

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def _form_data(fields: str) -> dict[str, Any]:
    return {"data": fields, "content_type": "application/x-www-form-urlencoded"}


def test_what_was_typed_is_sent_again_by_one_button() -> None:
    """F-07."""
    request = RequestFactory().post(
        "/patients/new/?from=scan",
        **_form_data("full_name=%22%C4%90%C3%A0o%22+%3Cb%3E&ward=K03&ward=K19"),
        headers={"Accept": BROWSER},
    )
    answer = unavailable(request)
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "30", "no-store")
    assert '<form method="post" action="/patients/new/?from=scan"' in page
    assert '<input type="hidden" name="full_name" value="&quot;Đào&quot; &lt;b&gt;">' in page
    assert page.count('name="ward"') == 2


def test_secrets_and_files_are_not_echoed() -> None:
    for fields in ("username=an&password=b%C3%AD+m%E1%BA%ADt", "pin=123456&request=1"):
        page = unavailable(RequestFactory().post("/signing/", **_form_data(fields))).content.decode()
        assert "<input" not in page
        assert "123456" not in page
    multipart = unavailable(RequestFactory().post("/patients/new/", {"name": "Đào"}))
    assert "<input" not in multipart.content.decode(), "it may carry files"


def test_a_page_that_was_only_read_is_tried_again() -> None:
    page = unavailable(RequestFactory().get("/patients/?page=2")).content.decode()
    assert 'href="/patients/?page=2"' in page


def test_programs_get_json_and_fragments_an_alert() -> None:
    for request in (
        RequestFactory().get("/api/patients"),
        RequestFactory().get("/patients/", headers={"Accept": "application/json"}),
    ):
        told = json.loads(not_found(request).content)
        assert told["title"]
        assert told["advice"]
    fragment = unavailable(
        RequestFactory().get("/patients/", headers={"HX-Request": "true", "Accept": "*/*"})
    )
    assert "<html" not in fragment.content.decode()
    assert "text/html" in fragment["Content-Type"]
