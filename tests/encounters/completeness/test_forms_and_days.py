"""What rules ask of documents: there, signed, one a day, one an operation, filled in."""

import datetime as dt

import pytest
from django.utils import timezone

from emr.accounts.services import keep_setting
from emr.common.clock import now
from encounters.documents import paper, signed
from encounters.documents.models import Document
from encounters.documents.paper import PaperDocument
from encounters.documents.signed import Standing
from encounters.visits.models import Encounter
from tests.emr.people import make_binh
from tests.encounters import chart
from tests.encounters.completeness.world import entry, gaps, make_record, operate, papers, sign, words
from tests.encounters.consents.papers import SURGERY, make_paper, take
from tests.encounters.visits.ward import ago, department, discharge, make_bed

pytestmark = pytest.mark.django_db


def day(days_ago: int) -> dt.date:
    return timezone.localdate(ago(days=days_ago))


def test_a_record_that_nobody_began_is_missing_then_a_draft_then_unsigned_then_there() -> None:
    an, stay = make_record()
    (gap,) = gaps(stay, "record")
    assert (gap.blocks, gap.begins, gap.overridden) == (True, "01/BV1", False)
    record = chart.begin(stay, an, code="01/BV1")
    (gap,) = gaps(stay, "record")
    assert (gap.begins, gap.owner_id) == ("", an.pk)
    assert str(record.uuid) in gap.url
    assert not gaps(stay, "drafts"), "one unfinished document is one gap, whichever rules ask for it"


def test_every_day_but_the_running_one_owes_an_entry() -> None:
    an, stay = make_record(days=3)
    assert [gap.key for gap in gaps(stay, "daily-entry")] == [f"daily-entry:{day(n)}" for n in (3, 2, 1)]
    entry(stay, an, days_ago=2)
    assert [gap.key for gap in gaps(stay, "daily-entry")] == [f"daily-entry:{day(n)}" for n in (3, 1)]
    (first, _second) = gaps(stay, "daily-entry")
    assert first.begins == "36/BV2"
    assert first.begins_at is not None
    assert timezone.localdate(first.begins_at) == day(3)
    taken = Document.objects.get()
    taken.status = Document.Status.ENTERED_IN_ERROR
    taken.save()
    assert len(gaps(stay, "daily-entry")) == 3, "what was entered in error was never there"


def test_an_unsigned_document_is_its_authors_to_sign() -> None:
    an, stay = make_record()
    made = entry(stay, an)
    (gap,) = gaps(stay, "unsigned")
    assert (gap.owner_id, gap.blocks) == (an.pk, True)
    assert gap.url.endswith(f"/documents/{made.uuid}/")
    sign(made)
    assert not gaps(stay, "unsigned")


def test_a_draft_of_a_new_version_is_a_draft() -> None:
    from encounters.documents.services import amend_document  # noqa: PLC0415

    an, stay = make_record()
    made = entry(stay, an)
    sign(made)
    assert not gaps(stay, "drafts")
    amend_document(document=made, reason="Bổ sung", by=an)
    assert len(gaps(stay, "drafts")) == 1


def test_a_signature_that_verification_refused_can_not_be_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    an, stay = make_record()
    made = entry(stay, an)
    sign(made)
    assert not gaps(stay, "invalid-signatures")
    monkeypatch.setattr(
        signed, "_standings", [lambda _versions: {made.current_version_id: Standing(is_refused=True)}]
    )
    (gap,) = gaps(stay, "invalid-signatures")
    assert (gap.blocks, gap.overridable) == (True, False)


def test_who_is_asked_to_sign_next_owes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    an, stay = make_record()
    binh = make_binh(department())
    made = entry(stay, an)
    sign(made)
    standing = Standing(waits_for=(binh.pk,))
    monkeypatch.setattr(signed, "_standings", [lambda _versions: {made.current_version_id: standing}])
    (gap,) = gaps(stay, "countersignatures")
    assert gap.owner_id == binh.pk


def test_each_operation_has_a_signed_report_of_its_own() -> None:
    an, stay = make_record(days=4)
    first, second = operate(stay, ago(days=3)), operate(stay, ago(days=1), "Thay băng dưới gây mê")
    assert len(gaps(stay, "surgery-report")) == 2
    pattern = entry(stay, an)
    (report,) = papers(pattern, "06/BV2", [ago(days=3)])
    assert [gap.key for gap in gaps(stay, "surgery-report")] == [
        f"surgery-report:{first.uuid}",
        f"surgery-report:{second.uuid}",
    ], "it isn't signed yet"
    sign(report)
    (gap,) = gaps(stay, "surgery-report")
    assert gap.key == f"surgery-report:{second.uuid}", (
        "a report of three days ago tells of that operation alone"
    )
    assert "Thay băng dưới gây mê" in gap.words


def test_a_report_that_names_its_operation_tells_of_that_one_alone() -> None:
    an, stay = make_record(days=4)
    first, second = operate(stay, ago(days=3)), operate(stay, ago(days=3, hours=-2), "Mổ lại")
    pattern = entry(stay, an)
    version = pattern.current_version
    assert version is not None
    link = {"linkId": "link.procedure", "answer": [{"valueString": str(second.uuid)}]}
    version.response.resource["item"].append({"linkId": "link", "item": [link]})
    (report,) = papers(pattern, "06/BV2", [now()])
    sign(report)
    (gap,) = gaps(stay, "surgery-report")
    assert gap.key == f"surgery-report:{first.uuid}", "however late it was written"


def test_an_operation_wants_a_consent_that_the_patient_gave_before_it() -> None:
    an, stay = make_record(days=2, bed=make_bed("01"))
    operate(stay, ago(minutes=5))
    (gap,) = gaps(stay, "surgery-consent")
    assert gap.begins == "01/BV2"
    paper_of_consent = make_paper(stay, an, SURGERY)
    assert len(gaps(stay, "surgery-consent")) == 1, "the patient hasn't said anything"
    keep_setting(facility=stay.facility, name="confirm_01_bv2", value="drawn", by=None)
    take(paper_of_consent, make_binh(department()))
    assert not gaps(stay, "surgery-consent")
    operate(stay, ago(days=1), "Nội soi")
    assert len(gaps(stay, "surgery-consent")) == 1, "of yesterday's operation it says nothing"


def test_a_checked_paper_page_stands_for_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    an, stay = make_record(days=2)
    del an
    operate(stay, ago(days=1))
    pages: dict[int, list[PaperDocument]] = {}
    monkeypatch.setattr(paper, "_registered", [lambda _ids: pages])
    assert gaps(stay, "record")
    assert len(gaps(stay, "daily-entry")) == 2
    assert gaps(stay, "surgery-report")
    pages[stay.pk] = [
        PaperDocument("01/BV1", None, stay.uuid),
        PaperDocument("36/BV2", day(1), stay.uuid),
        PaperDocument("06/BV2", day(1), stay.uuid),
    ]
    assert not gaps(stay, "record")
    assert [gap.key for gap in gaps(stay, "daily-entry")] == [f"daily-entry:{day(2)}"]
    assert not gaps(stay, "surgery-report")


def test_gaps_of_fields_lead_to_the_very_field() -> None:
    an, stay = make_record()
    chart.begin(stay, an, code="01/BV1")
    found = {gap.url.partition("#")[2]: gap for gap in gaps(stay, "record-fields")}
    assert found["a:case.reason.text:0"].words == "Bệnh án còn trống mục bắt buộc: Lý do"
    assert "a:case.plan:0" in found
    assert not any(anchor.startswith("a:summary") for anchor in found), "it isn't asked before discharge"


def test_the_summary_is_asked_for_once_the_patient_has_left() -> None:
    an, stay = make_record()
    chart.begin(stay, an, code="01/BV1")
    assert not gaps(stay, "record-summary")
    discharge(stay, by=an)
    stay = Encounter.objects.get(pk=stay.pk)
    found = words(stay, "record-blank")
    assert found, "parts of the form with blank fields"
    assert all(not gap.blocks for gap in gaps(stay, "record-blank"))
