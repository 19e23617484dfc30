"""Forms in the database: in force once, never changed; answers frozen only when they are right."""

import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.http import QueryDict

from emr.accounts.models import User
from emr.common.errors import DomainError
from encounters.forms import services
from encounters.forms.engine import InvalidQuestionnaire
from encounters.forms.management.commands.load_questionnaires import SHIPPED
from encounters.forms.models import Questionnaire, QuestionnaireResponse
from encounters.forms.selectors import current_questionnaire, form_of, normal_code
from encounters.visits.models import Encounter
from tests.emr.people import make_facility
from tests.encounters.chart import make_stay
from tests.encounters.forms.factories import expression, options, q, questionnaire

pytestmark = pytest.mark.django_db


def load(*items: dict[str, Any], **more: Any) -> Questionnaire:
    row, _is_new = services.load_questionnaire(questionnaire(*(items or [q("a")]), **more))
    return row


def refused(action: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        action()


def test_loading_the_shipped_forms_twice_changes_nothing() -> None:
    out = StringIO()
    call_command("load_questionnaires", stdout=out)
    before = list(Questionnaire.objects.order_by("code").values("code", "sha256", "uuid"))
    call_command("load_questionnaires", stdout=out)
    assert {"01/BV1", "36/BV2", "DON-THUOC", "01/BV2", "27/BV2"} <= {row["code"] for row in before}
    assert len(before) == len(list(SHIPPED.glob("*.json")))
    assert list(Questionnaire.objects.order_by("code").values("code", "sha256", "uuid")) == before
    assert out.getvalue().count("already there") >= 2


def test_other_content_under_the_same_version_is_refused(tmp_path: Path) -> None:
    load(q("a"))
    with pytest.raises(DomainError, match=r"(?i)version|phiên bản"):
        load(q("b"))
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(questionnaire(q("b"))), encoding="utf-8")
    unusable = tmp_path / "unusable.json"
    unusable.write_text(
        json.dumps(questionnaire(q("b", "attachment"), url="urn:test:other")), encoding="utf-8"
    )
    err = StringIO()
    with pytest.raises(CommandError, match="2 not loaded"):
        call_command("load_questionnaires", changed, unusable, stderr=err)
    assert "item b: type attachment is not supported" in err.getvalue()
    assert Questionnaire.objects.get(url="urn:test:form").resource["item"][0]["linkId"] == "a"


def test_a_form_needs_a_name_and_sound_items() -> None:
    with pytest.raises(DomainError):
        load(q("a"), url="")
    with pytest.raises(InvalidQuestionnaire):
        load(q("a", "reference"))
    assert not Questionnaire.objects.filter(url__startswith="urn:test").exists()


def test_a_form_in_force_can_t_be_changed_even_by_sql() -> None:
    row = load()
    rows = Questionnaire.objects.filter(pk=row.pk)
    refused(lambda: rows.update(resource={"item": []}))
    refused(lambda: rows.update(sha256="0" * 64))
    refused(lambda: rows.update(version="2"))
    refused(lambda: rows.update(status="draft"))
    refused(rows.delete)
    assert rows.update(status="retired") == 1
    refused(lambda: rows.update(status="active"))


def test_a_draft_form_may_still_be_changed() -> None:
    row = load(status="draft")
    assert Questionnaire.objects.filter(pk=row.pk).update(title="Other") == 1
    with pytest.raises(DomainError):
        current_questionnaire("TEST")


def test_the_day_decides_which_version_is_begun() -> None:
    first = load(version="1", effectivePeriod={"start": "2024-01-01"})
    second = load(version="2", effectivePeriod={"start": "2026-06-01"})
    assert current_questionnaire("TEST", on=dt.date(2026, 5, 31)) == first
    assert current_questionnaire("TEST", on=dt.date(2026, 6, 1)) == second
    with pytest.raises(DomainError):
        current_questionnaire("TEST", on=dt.date(2023, 12, 31))
    services.retire_questionnaire(questionnaire=second, last_day=dt.date(2026, 6, 30))
    assert current_questionnaire("TEST", on=dt.date(2026, 7, 1)) == first


def test_a_facility_s_own_form_comes_before_the_ministry_s() -> None:
    facility = make_facility()
    everybody = load(version="1")
    own, _ = services.load_questionnaire(questionnaire(q("a"), url="urn:test:own"), facility=facility)
    assert current_questionnaire("TEST", facility=facility) == own
    assert current_questionnaire("TEST") == everybody


@pytest.mark.parametrize(
    ("printed", "kept"),
    [("01/BV-01", "01/BV1"), ("36/bv-02", "36/BV2"), ("01/BV1", "01/BV1"), ("XN-7", "XN-7")],
)
def test_both_spellings_of_a_code_are_one(printed: str, kept: str) -> None:
    assert normal_code(printed) == kept


# -- answers -------------------------------------------------------------------------------------------------------------

COURSE = [
    q("text", "text", required=True),
    q("fever", "boolean"),
    q(
        "peak",
        "decimal",
        required=True,
        enableWhen=[{"question": "fever", "operator": "=", "answerBoolean": True}],
    ),
    q(
        "sex",
        "choice",
        readOnly=True,
        answerOption=options("f", "m"),
        extension=[expression("initialExpression", "%patient.sex")],
    ),
]


def freeze(row: Questionnaire, content: services.Content, by: User, stay: Encounter) -> QuestionnaireResponse:
    return services.store_response(
        questionnaire=row,
        content=content,
        facility=stay.facility,
        patient=stay.patient,
        encounter=stay,
        author=by,
    )


def test_answers_are_frozen_when_they_are_right() -> None:
    an, stay = make_stay()
    row = load(*COURSE)
    data = QueryDict("a/text/0=Tỉnh&a/fever/0=false&a/peak/0=hot&csrfmiddlewaretoken=x")
    content = services.content_from_post(row, data)
    assert services.check(row, content) == []  # the peak isn't asked
    kept = freeze(row, content, an, stay)
    kept.refresh_from_db()
    assert kept.resource["questionnaire"] == "urn:test:form|1"
    assert kept.resource["status"] == "completed"
    assert [item["linkId"] for item in kept.resource["item"]] == ["text", "fever"]
    assert kept.sha256 == services.checksum(kept.resource)
    refused(lambda: QuestionnaireResponse.objects.filter(pk=kept.pk).update(resource={}))
    refused(QuestionnaireResponse.objects.filter(pk=kept.pk).delete)


def test_answers_that_aren_t_right_stay_a_draft() -> None:
    an, stay = make_stay()
    row = load(*COURSE)
    content = services.content_from_post(row, QueryDict("a/fever/0=true&a/peak/0=hot"))
    with pytest.raises(services.NotFinished) as refusal:
        freeze(row, content, an, stay)
    assert [(p.link_id, p.code) for p in refusal.value.problems] == [
        ("text", "required"),
        ("peak", "not-a-value"),
    ]
    assert not QuestionnaireResponse.objects.exists()


def test_a_page_of_another_version_is_refused() -> None:
    with pytest.raises(DomainError):
        services.content_from_post(load(*COURSE), QueryDict("a/gone/0=x"))


def test_a_page_can_t_decide_what_is_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_PROVIDERS", {})
    services.register_provider("patient", lambda context: {"sex": context})
    row = load(*COURSE)
    stored = services.begin(row, context="f")
    assert services.asked_of_providers(form_of(row)) == {"patient.sex"}
    posted = services.content_from_post(row, QueryDict("a/sex/0=urn:test|m&a/text/0=x"), stored=stored)
    assert [answer.value.code for answer in services.answers_of(posted, "sex")] == ["f"]  # type: ignore[union-attr]
    newer = services.refreshed(row, posted, context="m")
    assert [answer.value.code for answer in services.answers_of(newer, "sex")] == ["m"]  # type: ignore[union-attr]


def test_an_unknown_icd_code_is_refused_and_a_known_one_is_not() -> None:
    _an, _stay = make_stay()
    row = load(q("dx", "choice", answerValueSet="http://hl7.org/fhir/sid/icd-10?fhir_vs"))

    def codes(code: str) -> list[str]:
        fields = {"a/dx/0": [code], "a/dx/0/chosen": ["x"], "a/dx/0/shown": ["x"]}
        return [problem.code for problem in services.check(row, services.content_from_post(row, fields))]

    assert codes("J18.9") == []
    assert codes("J99.99") == ["not-an-option"]


def test_two_drafts_are_compared_item_by_item() -> None:
    row = load(*COURSE)
    mine = services.content_from_post(row, QueryDict("a/text/0=Ho nhiều&a/fever/0=true"))
    theirs = services.content_from_post(row, QueryDict("a/text/0=Ho ít&a/fever/0=true"))
    (change,) = services.compare(row, mine, theirs)
    assert (change.link_id, change.before, change.after) == ("text", ("Ho nhiều",), ("Ho ít",))
