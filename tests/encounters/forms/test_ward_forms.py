"""The wards' forms of BV2 and the checklists: every field there, filled, confirmed, printed; rules; who writes them."""

import json
import re
import subprocess
from decimal import Decimal
from typing import Any

import pytest

from emr.accounts.access import Denied
from encounters.documents import services
from encounters.documents.access import access_to_write
from encounters.documents.models import Document, DocumentDraft, DocumentVersion
from encounters.documents.services import NotComplete, render_version
from encounters.forms.engine import Form, calculate, parse, read_response, validate
from encounters.forms.services import answers_of
from encounters.forms.shipped import SHIPPED
from encounters.visits.services import record_procedure
from tests.emr.people import make_binh, make_user
from tests.encounters import chart
from tests.encounters.forms.filling import Filler
from tests.encounters.visits.ward import ago, department

NOW = "2026-11-22T09:30:00+07:00"
# What the circular and the hospitals' own sheets ask for (regulation §3.7): linkIds under the form's code.
FIELDS = {
    "04/BV2": "ask.speciality ask.question exam.at exam.findings answer.diagnosis.code answer.opinion",
    "05/BV2": """before.weight before.asa before.mallampati before.allergy before.premedication during.method during.begin
        during.end during.drugs.name during.course.pulse during.in during.out during.events after.aldrete after.orders""",
    "06/BV2": """stay.admitted done.begin done.end done.before.code done.after.code done.method done.class done.anaesthesia
        team.operator team.anaesthetist picture.words finish.drain finish.wick finish.drain_out finish.sutures_out
        finish.other course.steps link.procedure link.order""",
    "27/BV2": """stay.from stay.to stay.diagnosis.code held.at held.chair held.secretary members.name summary.course
        summary.treatment result.conclusion result.plan""",
    "28/BV2": "dead.at dead.diagnosis.code held.at held.chair held.secretary members.name result.conclusion",
    "29/BV2": """person.came person.referral.code reason history.course history.own history.family exam.general
        exam.vitals.pulse exam.vitals.temperature exam.vitals.systolic exam.vitals.respiration exam.vitals.weight
        exam.organs exam.results decision.diagnosis.code decision.done decision.ward decision.note""",
    "39/BV2": "came.at came.by came.reason abc.a abc.b abc.c abc.d scale.glasgow scale.pain sort.level sort.place again.at",
    "43/BV2": """move.at move.from move.to move.reason move.diagnosis.code state.now go.medicines go.pending go.plan
        papers.receiver""",
    "47/BV2": "dead.at held.at members.name opinions.treatment opinions.care result.conclusion result.lessons",
    "50/BV2": """mother.name mother.hbv birth.at birth.way apgar1.total apgar5.total apgar10.total
        body.weight care.vitamin care.hbv""",
    "51/BV2": "past.para now.lmp now.weeks exam.fundus exam.heart exam.position tests.ultrasound end.risk end.next",
    "BK-TRUOCMO": "list.consent list.identity list.site list.fasting list.antibiotic list.removed hand.at hand.to",
    "BK-ATPT": """in.identity in.site in.machine in.oximeter in.allergy in.airway in.bleeding out.names out.patient
        out.antibiotic out.surgeon out.anaesthetist out.nurse out.images end.name end.count end.specimen end.equipment
        end.recovery""",
    "BK-CT": """risk.contrast risk.drug risk.drug_name risk.food risk.asthma risk.heart risk.kidney risk.diabetes
        decision.contrast""",
    "BK-MRI": """risk.contrast metal.earlier metal.pacemaker metal.clip metal.implant metal.fragment decision.contrast""",
    "DG-DINHDUONG": "measure.bmi measure.loss score.nutrition score.disease score.age score.total score.from plan2.way",
}  # fmt: skip
# Answers that the generated ones would contradict the form with.
CHOSEN: dict[str, dict[str, Any]] = {
    "50/BV2": {"body.weight": 3200},
    "51/BV2": {"exam.heart": 140},
}
NURSES = {"39/BV2", "BK-TRUOCMO", "BK-ATPT", "BK-CT", "BK-MRI", "DG-DINHDUONG"}


def shipped(code: str) -> Form:
    return parse(json.loads((SHIPPED / f"{code.replace('/', '-')}.json").read_text("utf-8")))


@pytest.mark.parametrize("code", FIELDS)
def test_every_field_that_is_asked_for_is_there(code: str) -> None:
    form = shipped(code)
    assert set(FIELDS[code].split()) - set(form.by_link_id) == set()
    assert form.code == code
    assert form.group is not None and dict(form.group.label.translations)["en"]
    assert form.signers[0][0] == "author"
    assert (form.authors == "documents.note") == (code in NURSES)


@pytest.mark.parametrize("code", FIELDS)
def test_an_empty_form_says_what_is_missing_and_breaks_no_rule(code: str) -> None:
    form = shipped(code)
    found = validate(form, {"resourceType": "QuestionnaireResponse", "status": "in-progress"}, now=NOW)
    assert found
    assert {problem.code for problem in found} == {"required"}


def write(
    stay: Any, by: Any, code: str, chosen: dict[str, Any] | None = None
) -> tuple[Document, DocumentDraft, Filler]:
    """A draft of that form with every field filled."""
    document = services.begin_document(encounter=stay, code=code, by=by)
    filler = Filler(CHOSEN.get(code, {}) | (chosen or {}))
    draft = services.save_draft(document=document, fields=filler.fields(shipped(code)), revision=1, by=by)
    return document, draft, filler


def printed(version: DocumentVersion, need_tool: Any) -> str:
    tool = need_tool("pdftotext", "poppler-utils")
    told = subprocess.run(
        [tool, "-layout", "-", "-"], input=render_version(version), capture_output=True, check=True
    )
    return told.stdout.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("code", FIELDS)
def test_it_is_filled_confirmed_and_printed_with_every_answer(code: str, need_tool: Any) -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    document, draft, filler = write(stay, an, code)
    version = services.finalize_document(
        document=document, revision=draft.revision, by=an, overruling="Đã kiểm tra"
    )
    text = printed(version, need_tool)
    hidden = {item.link_id for item in shipped(code).walk() if item.hidden or item.paper.hidden}
    shown = {link: words for link, words in filler.texts.items() if link not in hidden}
    found = {answer.value for link in shown for answer in answers_of(version.response.resource, link)}
    assert [words for words in shown.values() if words in found and words not in text] == []
    assert len(found) > len(shown) * 0.8
    for _of, role in shipped(code).signers:
        assert role in re.sub(r"\s+", " ", text)
    assert "Bố cục chưa đối chiếu mẫu chính thức" in re.sub(r"\s+", " ", text)


# -- rules ----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_error_stops_the_form_and_no_reason_helps() -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    document, draft, _filler = write(stay, an, "BK-MRI", {"metal.pacemaker": "yes", "metal.safe": False})
    with pytest.raises(NotComplete) as refused:
        services.finalize_document(document=document, revision=draft.revision, by=an, overruling="vội")
    assert [(one.code, one.severity, one.link_id) for one in refused.value.problems] == [
        ("pacemaker", "error", "metal.pacemaker")
    ]
    assert not refused.value.is_warning
    assert not DocumentVersion.objects.exists()


@pytest.mark.django_db
def test_a_warning_is_overruled_with_a_reason_that_stands_on_the_print(need_tool: Any) -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    document, draft, _filler = write(stay, an, "06/BV2", {"course.count": "wrong"})
    with pytest.raises(NotComplete) as refused:
        services.finalize_document(document=document, revision=draft.revision, by=an, overruling="  ")
    assert refused.value.is_warning
    version = services.finalize_document(
        document=document, revision=draft.revision, by=an, overruling="Đã chụp X-quang, không sót gạc"
    )
    assert version.composition["overruled"] == [["count", refused.value.problems[0].message]]
    text = re.sub(r"\s+", " ", printed(version, need_tool))
    assert "Lý do vẫn xác nhận: Đã chụp X-quang, không sót gạc" in text


@pytest.mark.django_db
@pytest.mark.parametrize(("sex", "stops"), [("male", True), ("female", False)])
def test_an_antenatal_examination_is_a_woman_s(sex: str, stops: bool) -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    type(stay.patient).objects.filter(pk=stay.patient_id).update(sex=sex)
    document, draft, _filler = write(stay, an, "51/BV2")
    try:
        services.finalize_document(document=document, revision=draft.revision, by=an)
        refused = set()
    except NotComplete as error:
        refused = {problem.code for problem in error.problems if problem.severity == "error"}
    assert ("woman" in refused) == stops


@pytest.mark.django_db
def test_an_operation_ends_after_it_began() -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    document, draft, _filler = write(stay, an, "06/BV2")
    fields = _filler.fields(shipped("06/BV2")) | {"a/done.end/0": ["01/01/2026 08:00"]}
    draft = services.save_draft(document=document, fields=fields, revision=draft.revision, by=an)
    with pytest.raises(NotComplete) as refused:
        services.finalize_document(document=document, revision=draft.revision, by=an)
    assert "order" in {problem.code for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("weight", "height", "age", "answers", "total", "said"),
    [
        (40, 160, 75, ("3", "2"), 6, "dinh dưỡng 3 + bệnh 2 + tuổi 1: có nguy cơ dinh dưỡng"),
        (60, 160, 69, ("1", "1"), 2, "dinh dưỡng 1 + bệnh 1 + tuổi 0: chưa có nguy cơ"),
    ],
)
def test_the_nutrition_score_counts_itself_and_says_from_what(
    weight: int, height: int, age: int, answers: tuple[str, str], total: int, said: str
) -> None:
    form = shipped("DG-DINHDUONG")
    code = "urn:benhanmo:form-answer"
    resource = {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress",
        "item": [
            {
                "linkId": "measure",
                "item": [
                    {"linkId": "measure.weight", "answer": [{"valueDecimal": weight}]},
                    {"linkId": "measure.height", "answer": [{"valueInteger": height}]},
                    {"linkId": "measure.age", "answer": [{"valueInteger": age}]},
                ],
            },
            {
                "linkId": "score",
                "item": [
                    {"linkId": link, "answer": [{"valueCoding": {"system": code, "code": value}}]}
                    for link, value in zip(("score.nutrition", "score.disease"), answers, strict=True)
                ],
            },
        ],
    }
    response, _problems = read_response(resource)
    counted = calculate(form, response, now=NOW)
    values = {
        entry.link_id: entry.answers[0].value
        for group in counted.items
        for entry in group.items
        if entry.answers
    }
    assert values["score.total"] == total
    assert str(values["score.from"]).startswith(said)
    assert values["measure.bmi"] == round(Decimal(weight) / (Decimal(height) / 100) ** 2, 1)


# -- what is known is not typed --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_report_of_an_operation_knows_which_one_and_who_operated() -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    first = record_procedure(
        encounter=stay, kind="surgery", by=an, started_at=ago(hours=6), text="Cắt ruột thừa nội soi"
    )
    second = record_procedure(
        encounter=stay,
        kind="surgery",
        by=an,
        started_at=ago(hours=4),
        ended_at=ago(hours=3),
        text="Rửa bụng",
        anaesthesia="general",
        performers=[("operator", an)],
    )

    def kept(document: Document, link: str) -> list[str]:
        return [str(answer.value) for answer in answers_of(document.draft.content, link)]

    newest = services.begin_document(encounter=stay, code="06/BV2", by=an)
    assert kept(newest, "link.procedure") == [str(second.uuid)]
    assert kept(newest, "done.method") == ["Rửa bụng"]
    assert kept(newest, "team.operator") == [an.titled_name]
    # The one that is reported already isn't offered again; one that is named is the one.
    other = services.begin_document(encounter=stay, code="06/BV2", by=an)
    assert kept(other, "link.procedure") == [str(first.uuid)]
    named = services.begin_document(encounter=stay, code="06/BV2", by=an, about=second.uuid)
    assert kept(named, "done.method") == ["Rửa bụng"]
    filler = Filler()
    draft = services.save_draft(document=other, fields=filler.fields(shipped("06/BV2")), revision=1, by=an)
    version = services.finalize_document(document=other, revision=draft.revision, by=an)
    assert [a.value for a in answers_of(version.response.resource, "link.procedure")] == [str(first.uuid)]


@pytest.mark.django_db
def test_the_consultation_begins_with_the_course_and_the_diagnosis() -> None:
    from tests.encounters.documents import entries  # noqa: PLC0415

    an, stay = chart.make_stay(at=ago(hours=9))
    entries.write(stay, an, "Sốt ngày thứ ba, ho đờm xanh.")
    document = services.begin_document(encounter=stay, code="27/BV2", by=an)
    found = answers_of(document.draft.content, "summary.course")
    assert [answer.value for answer in found] == ["Sốt ngày thứ ba, ho đờm xanh."]


# -- who may write ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("code", FIELDS)
def test_a_nurse_writes_the_checklists_and_no_doctor_s_form(code: str, client: Any) -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    binh = make_binh(department())
    client.force_login(binh)
    answer = client.post(f"/encounters/{stay.uuid}/documents/begin", {"code": code})
    assert answer.status_code == (302 if code in NURSES else 403)
    theirs = services.begin_document(encounter=stay, code=code, by=an)
    save = client.post(f"/documents/{theirs.uuid}/draft", {"version": "1"})
    assert save.status_code == (200 if code in NURSES else 403)
    if code not in NURSES:
        with pytest.raises(Denied) as refused:
            access_to_write(binh, theirs.uuid)
        assert not refused.value.hidden


@pytest.mark.django_db
def test_a_nurse_of_another_ward_finds_nothing() -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    theirs = services.begin_document(encounter=stay, code="BK-CT", by=an)
    dung = make_user("dung", "Phạm Thị Dung", "nurse", department(("K19", "Khoa Ngoại")))
    with pytest.raises(Denied) as refused:
        access_to_write(dung, theirs.uuid)
    assert refused.value.hidden
