"""The pages of designing: who may, what stands there, how many queries; files in and out."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from encounters.designing import preview, services
from encounters.designing.models import FormDraft
from encounters.forms.models import Questionnaire
from tests.emr.people import make_an, make_facility, make_user
from tests.encounters.designing.people import changing, make_draft, make_ha, make_quan, shipped, signed_in
from tests.encounters.designing.test_exchange import plain, raw

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def page(name: str, *args: object) -> str:
    return reverse(f"encounters:designing:{name}", args=args)


@pytest.fixture
def quan() -> User:
    return make_quan()


@pytest.fixture
def draft(quan: User) -> FormDraft:
    return make_draft(quan)


def test_the_list_shows_every_form_in_few_queries_however_many_there_are(quan: User) -> None:
    client = signed_in(quan)
    client.get(page("forms"))
    with CaptureQueriesContext(
        connection,
    ) as few:
        body = client.get(page("forms")).content.decode()
    assert "01/BV1" in body
    for number in range(12):
        services.begin_new(code=f"NB-{number:02d}", title=f"Phiếu {number}", by=quan)
    with CaptureQueriesContext(connection) as more:
        body = client.get(f"{page('forms')}?state=own").content.decode()
    assert "NB-11" in body
    assert len(more) == len(few)
    assert "Không có mẫu phù hợp" in client.get(f"{page('forms')}?q=khongcogi").content.decode()


def test_a_form_with_its_versions_says_who_published_what(quan: User) -> None:
    ha = make_ha()
    draft = changing(quan)
    draft, _link = services.add_field(draft=draft, revision=1, by=quan, kind="string", words="Số xe")
    client = signed_in(ha)
    answer = client.post(
        page("publish", draft.uuid),
        {
            "revision": draft.revision,
            "begins_on": f"{draft.changed_at:%d/%m/%Y}",
            "note": "Thêm số xe cứu thương",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    body = client.get(answer["Location"]).content.decode()
    assert "Đỗ Thu Hà" in body
    assert "Thêm số xe cứu thương" in body
    version = Questionnaire.objects.get(facility=quan.facility)
    shown = client.get(page("version", version.uuid)).content.decode()
    assert "Số xe" in shown
    assert client.get(page("version_print", version.uuid)).content.startswith(b"%PDF")
    tomorrow = client.post(page("end", version.uuid), {"last_day": f"{version.effective_from:%d/%m/%Y}"})
    assert tomorrow.status_code == 302
    version.refresh_from_db()
    assert version.effective_to == version.effective_from


def test_a_field_is_added_and_seen_in_the_form_and_on_the_print(quan: User, draft: FormDraft) -> None:
    client = signed_in(quan)
    told = {"revision": 1, "of": "field", "where": "behind", "kind": "decimal", "words": "Cân nặng"}
    answer = client.post(page("add", draft.uuid), told, headers=HTMX)
    assert answer.status_code == 200
    assert answer["HX-Trigger"] == "form-changed"
    assert 'name="revision" value="2"' in answer.content.decode()
    pane = client.get(page("preview", draft.uuid), headers=HTMX).content.decode()
    assert "Cân nặng" in pane
    assert client.get(page("draft_print", draft.uuid)).content.startswith(b"%PDF")
    print_pane = client.get(page("preview", draft.uuid) + "?show=print", headers=HTMX).content.decode()
    assert page("draft_print", draft.uuid) in print_pane


def test_a_field_is_changed_in_its_place_and_what_is_wrong_stands_there(quan: User, draft: FormDraft) -> None:
    client = signed_in(quan)
    body = client.get(page("draft", draft.uuid) + "?item=field").content.decode()
    assert 'name="of" value="field"' in body
    told = {"revision": 1, "of": "field", "text": "Lý do vào viện", "required": "on", "link_id": "ly do"}
    wrong = client.post(page("field", draft.uuid), told, headers=HTMX)
    assert wrong.status_code == 422
    assert "Lý do vào viện" in wrong.content.decode(), "what was typed isn't lost"
    right = client.post(page("field", draft.uuid), told | {"link_id": "reason"}, headers=HTMX)
    assert right.status_code == 200
    item = FormDraft.objects.get().resource["item"][0]
    assert item == {"linkId": "reason", "text": "Lý do vào viện", "type": "string", "required": True}


def test_an_older_page_is_shown_the_form_as_it_stands(quan: User, draft: FormDraft) -> None:
    client = signed_in(quan)
    told = {"revision": 1, "kind": "string", "words": "Một"}
    assert client.post(page("add", draft.uuid), told, headers=HTMX).status_code == 200
    second = client.post(page("add", draft.uuid), told | {"words": "Hai"}, headers=HTMX)
    assert second.status_code == 409
    assert "Một" in second.content.decode()


def test_without_scripts_each_step_is_a_page(quan: User, draft: FormDraft) -> None:
    client = signed_in(quan)
    added = client.post(page("add", draft.uuid), {"revision": 1, "kind": "string", "words": "Một"})
    assert added["Location"] == page("draft", draft.uuid) + "?item=mot"
    for revision, verb in ((2, "up"), (3, "copy"), (4, "remove"), (5, "take_back")):
        told = {"revision": revision, "of": "mot", "verb": verb}
        assert client.post(page("step", draft.uuid), told).status_code == 302, verb
    assert client.post(page("step", draft.uuid), {"revision": 6, "verb": "explode"}).status_code == 400
    said = {
        "revision": 6,
        "title": "Tên khác",
        "of_1": "author",
        "role_1": "ĐIỀU DƯỠNG",
        "own_group": "Nội soi",
    }
    assert client.post(page("heading", draft.uuid), said | {"authors": "documents.note"}).status_code == 302
    resource = FormDraft.objects.get().resource
    assert resource["title"] == "Tên khác"
    assert {"url": "urn:benhanmo:questionnaire-authors", "valueCode": "documents.note"} in resource[
        "extension"
    ]
    assert resource["code"] == [
        {"system": "urn:benhanmo:form-group", "code": "noi-soi", "display": "Nội soi"}
    ]


def test_a_draft_that_isnt_sound_says_what_is_wrong_in_place_of_a_preview(
    quan: User, draft: FormDraft
) -> None:
    FormDraft.objects.update(
        resource=draft.resource | {"item": [{"linkId": "g", "type": "group", "text": "Nhóm"}]}
    )
    client = signed_in(quan)
    body = client.get(page("draft", draft.uuid)).content.decode()
    assert "a group needs items" in body
    assert client.get(page("draft_print", draft.uuid)).status_code == 404


def test_whoever_worked_on_it_isnt_offered_to_publish(draft: FormDraft) -> None:
    ha = make_ha()
    services.add_field(draft=draft, revision=1, by=ha, kind="string", words="Một")
    client = signed_in(ha)
    assert 'name="note"' in client.get(page("publish", draft.uuid)).content.decode()
    told = {"revision": 2, "begins_on": f"{draft.changed_at:%d/%m/%Y}", "note": "Của mình"}
    assert client.post(page("publish", draft.uuid), told).status_code == 422
    assert FormDraft.objects.get().is_open


def test_a_file_comes_in_and_goes_out_over_the_pages(quan: User) -> None:
    client = signed_in(quan)
    file = SimpleUploadedFile("phq9.json", raw("sdc-phq9"), "application/json")
    refused = client.post(page("take_in"), {"file": file, "code": "PHQ-9"})
    assert refused.status_code == 422
    assert "unknown function answers()" in refused.content.decode()
    file = SimpleUploadedFile("phq9.json", raw("sdc-phq9"), "application/json")
    taken = client.post(
        page("take_in"), {"file": file, "code": "PHQ-9", "without_formulas": "on"}, follow=True
    )
    assert taken.status_code == 200
    assert "set aside" in taken.content.decode()
    draft = FormDraft.objects.get()
    answer = client.get(page("draft_file", draft.uuid))
    assert json.loads(answer.content) == plain("sdc-phq9")
    assert "attachment" in answer["Content-Disposition"]
    assert json.loads(client.get(page("version_file", shipped().uuid)).content) == shipped().resource
    assert AuditEvent.objects.filter(action="form.export").count() == 2


def test_a_new_form_and_a_copy_begin_at_their_pages(quan: User) -> None:
    client = signed_in(quan)
    assert client.post(page("new"), {"code": "39/BV2", "title": "Trùng"}).status_code == 422
    assert client.post(page("new"), {"code": "NB-03", "title": "Mới"}).status_code == 302
    copied = client.post(f"{page('new')}?copy={shipped().uuid}", {"code": "NB-04", "title": "Bản sao"})
    assert copied.status_code == 302
    assert client.get(f"{page('new')}?copy=x").status_code == 404
    assert client.post(page("change", shipped().uuid)).status_code == 302
    assert FormDraft.objects.count() == 3


@pytest.mark.parametrize(
    ("role", "reads", "edits"), [("doctor", 403, 403), ("director", 200, 403), ("planning", 200, 200)]
)
def test_who_may_what(draft: FormDraft, role: str, reads: int, edits: int) -> None:
    client = signed_in(make_an() if role == "doctor" else make_user("x", "Người Khác", role, make_facility()))
    assert client.get(page("forms")).status_code == reads
    assert client.get(page("draft", draft.uuid)).status_code == reads
    told: dict[str, Any] = {"revision": 1, "kind": "string", "words": "Một"}
    assert client.post(page("add", draft.uuid), told, headers=HTMX).status_code == edits


def test_another_house_sees_none_of_it(draft: FormDraft) -> None:
    stranger = signed_in(make_user("la", "Người Lạ", "planning", make_facility("11111", "Viện khác")))
    for address in (page("draft", draft.uuid), page("draft_file", draft.uuid), page("publish", draft.uuid)):
        assert stranger.get(address).status_code == 404
    assert "NB-01" not in stranger.get(page("forms")).content.decode()


def test_delivered_forms_of_each_kind_can_be_looked_at(quan: User) -> None:
    for row in Questionnaire.objects.filter(
        facility=None, code__in=["05/BV1", "27/BV2", "BK-ATPT", "DON-THUOC-N"]
    ):
        empty, answered = preview.as_page(row.resource), preview.as_answered_page(row.resource)
        assert empty.code == answered.code == row.code
        assert empty.questionnaire == ""
    client = signed_in(quan)
    for code in ("01/BV1", "36/BV2"):
        draft = changing(quan, code)
        assert client.get(page("draft", draft.uuid)).status_code == 200, code
        assert client.get(page("draft_print", draft.uuid)).content.startswith(b"%PDF"), code
