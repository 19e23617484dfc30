"""A paper's life: numbered once, issued by the last signature, issued again, taken back; nothing is lost of its number."""

import uuid
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from encounters.attestations import selectors, services
from encounters.attestations.kinds import KINDS
from encounters.attestations.models import Attestation, PaperSeries
from encounters.documents import services as documents
from encounters.documents.services import NotComplete
from encounters.forms.services import answers_of
from tests.encounters.attestations.papers import freeze, issue, leave, make_issued, make_paper, stay_for
from tests.encounters.chart import draft_of, make_stay
from tests.encounters.records.world import brought_to, person
from tests.encounters.visits.ward import ago, discharge, visit
from tests.support.verapdf import broken_clauses

pytestmark = pytest.mark.django_db
YEAR = local_today().year


@pytest.mark.parametrize("kind", KINDS)
def test_every_paper_is_filled_numbered_printed_and_issued(kind: str, tmp_path: Path) -> None:
    _an, paper = make_paper(kind)
    assert paper.number == f"000001/{YEAR}/{KINDS[kind].series}"
    version = paper.document.current_version
    assert version is not None
    assert version.composition["sections"]["attestation"]["number"] == paper.number
    file = tmp_path / "paper.pdf"
    file.write_bytes(documents.render_version(version))
    if kind in {"TT25-02", "TT01-VI"}:  # the longest; the others are made of the same parts
        assert broken_clauses(file) == "", "PDF/A"
    issue(paper)
    assert (paper.status, paper.stands) == ("issued", True)
    assert AuditEvent.objects.filter(action="attestation.issue").count() == 1
    services.mark_issued(version=version)
    assert AuditEvent.objects.filter(action="attestation.issue").count() == 1, "told twice is issued once"


def test_the_stay_fills_the_discharge_paper() -> None:
    an, stay = make_stay(at=ago(hours=20))
    discharge(stay)
    stay.refresh_from_db()
    paper = services.begin_paper(encounter=stay, kind="TT25-02", by=an)
    content = draft_of(paper.document).content
    assert answers_of(content, "stay.admitted_at") and answers_of(content, "stay.discharged_at")
    assert services.begin_paper(encounter=stay, kind="TT25-02", by=an).pk == paper.pk, (
        "one that stands for a stay"
    )


def test_a_paper_that_the_stay_doesn_t_give_is_refused() -> None:
    an, stay = make_stay(at=ago(hours=20))
    for kind in ("TT25-02", "TT25-05", "TT25-07", "nonsense"):
        with pytest.raises(DomainError) as refusal:
            services.begin_paper(encounter=stay, kind=kind, by=an)
        assert refusal.value.code == "no_such_paper"
    assert not Attestation.objects.exists()


def test_numbers_run_on_without_a_gap_also_after_a_refusal() -> None:
    an, stay = make_stay(at=ago(hours=20))
    for number in range(1, 4):
        paper = services.begin_paper(encounter=stay, kind="TT01-V", by=an)
        if number == 2:
            with pytest.raises(NotComplete):
                freeze(paper, an, **{"a/visit.on/0": ["01/01/2020"]})
        freeze(paper, an)
        assert paper.sequence == number
    services.take_back(paper=paper, reason="Sai ngày hẹn", by=an)
    paper.refresh_from_db()
    assert (paper.status, paper.number, paper.end_reason) == (
        "cancelled",
        f"000003/{YEAR}/GHK",
        "Sai ngày hẹn",
    )
    assert selectors.missing_numbers(stay.facility_id, "TT01-V", YEAR) == []
    assert PaperSeries.objects.get(kind="TT01-V").last == 3


def test_a_number_stays_in_the_database_too() -> None:
    _an, paper = make_issued("TT01-V")
    for change in (
        {"number": "x"},
        {"sequence": 9},
        {"status": "numbered"},
        {"kind": "TT01-VI"},
        {"issued_at": None},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Attestation.objects.filter(pk=paper.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        paper.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        PaperSeries.objects.update(last=0)


def test_what_is_issued_is_never_edited_but_issued_again_under_a_number_of_its_own() -> None:
    an, paper = make_issued()
    with pytest.raises(DomainError) as refusal:
        documents.amend_document(document=paper.document, reason="Sửa tên", by=an)
    assert refusal.value.code == "issued"
    with pytest.raises(DomainError):
        services.reissue_paper(paper=paper, reason=" ", by=an)
    anew = services.reissue_paper(paper=paper, reason="Mất giấy", by=an)
    assert services.reissue_paper(paper=paper, reason="Mất giấy", by=an).pk == anew.pk
    version = documents.finalize_document(
        document=anew.document, revision=draft_of(anew.document).revision, by=an
    )
    anew.refresh_from_db()
    said = version.composition["sections"]["attestation"]
    assert (said["copy_number"], said["replaces"], said["reissue_reason"]) == (1, paper.number, "Mất giấy")
    assert anew.number == f"000002/{YEAR}/GRV"
    paper.refresh_from_db()
    assert paper.stands, "until the new one is signed"
    issue(anew)
    paper.refresh_from_db()
    assert (paper.status, anew.status) == ("replaced", "issued")
    assert services.begin_paper(encounter=paper.encounter, kind="TT25-02", by=an).pk == anew.pk
    with pytest.raises(Conflict):
        services.take_back(paper=paper, reason="Sai", by=an)
    again = services.reissue_paper(paper=anew, reason="Hỏng giấy", by=an)
    assert again.copy_number == 2


def test_amended_before_the_last_signature_it_keeps_its_number() -> None:
    an, paper = make_paper()
    number = paper.number
    draft = documents.amend_document(document=paper.document, reason="Thiếu lời dặn", by=an)
    first = paper.document.current_version
    documents.finalize_document(document=paper.document, revision=draft.revision, by=an)
    assert first is not None
    services.mark_issued(version=first)
    paper.refresh_from_db()
    assert (paper.number, paper.status) == (number, "numbered"), (
        "who signed the former version issued nothing"
    )


def test_handed_over_once_and_recalled_with_its_reason() -> None:
    an, paper = make_issued()
    key = uuid.uuid4()
    told = {
        "receiver_name": "Nguyễn Văn Sáu",
        "relationship": "chồng",
        "id_number": "038057000123",
        "copies": 2,
    }
    row = services.hand_over(paper=paper, key=key, by=an, **told)
    assert services.hand_over(paper=paper, key=key, by=an, **told).pk == row.pk
    assert AuditEvent.objects.filter(action="attestation.hand_over").count() == 1
    assert selectors.papers_of(paper.encounter)[0].copies == 2
    with pytest.raises(DomainError):
        services.take_back(paper=paper, reason=" ", by=an)
    services.take_back(paper=paper, reason="Nhầm người bệnh", by=an)
    paper.refresh_from_db()
    assert paper.status == "recalled", "it has left the house"
    with pytest.raises(DomainError):
        services.hand_over(paper=paper, key=uuid.uuid4(), by=an, **told)


def test_a_draft_thrown_away_has_no_number_and_stands_nowhere() -> None:
    an, paper = make_paper(frozen=False)
    documents.discard_draft(document=paper.document, by=an)
    paper.refresh_from_db()
    assert (paper.status, paper.number) == ("cancelled", "")
    assert services.begin_paper(encounter=paper.encounter, kind="TT25-02", by=an).pk != paper.pk


def refused(paper: Attestation, by: User, **more: list[str]) -> str:
    with pytest.raises(NotComplete) as refusal:
        freeze(paper, by, **more)
    assert paper.number == ""
    return " ".join([*refusal.value.reasons, *(str(problem) for problem in refusal.value.problems)])


def test_leave_has_its_limits() -> None:
    an, stay = stay_for("TT25-07")
    paper = services.begin_paper(encounter=stay, kind="TT25-07", by=an)
    assert "30" in refused(paper, an, **leave(31))
    assert "không phải 6" in refused(paper, an, **leave(5) | {"a/leave.days/0": ["6"]})
    assert "trước ngày" in refused(paper, an, **leave(5, first=-3))
    freeze(paper, an, **leave(30))
    assert paper.ends_on is not None and paper.starts_on == local_today()


def test_leaves_of_one_person_don_t_overlap_without_a_reason() -> None:
    an, stay = stay_for("TT25-07")
    first = services.begin_paper(encounter=stay, kind="TT25-07", by=an)
    freeze(first, an, **leave(5))
    other = visit(stay.patient, at=ago(hours=1))
    second = services.begin_paper(encounter=other, kind="TT25-07", by=an)
    assert first.number in refused(second, an, **leave(3, first=4))
    with pytest.raises(DomainError):
        services.keep_words(paper=second, reason="", overlap_reason=" ", by=an)
    services.keep_words(paper=second, reason="", overlap_reason="Đợt bệnh khác", by=an)
    freeze(second, an, **leave(3, first=4))
    assert second.number


def test_tuberculosis_gives_longer_leave() -> None:
    from encounters.attestations.checks import most_days  # noqa: PLC0415

    assert (most_days(KINDS["TT25-07"], "A15.0"), most_days(KINDS["TT25-07"], "J18.9")) == (180, 30)


def test_short_words_are_found_written_out_or_kept_with_a_reason() -> None:
    an, paper = make_paper(frozen=False)
    words = {"a/treatment/0": ["BN THA, ĐTĐ type 2, dùng thuốc hạ HA."]}
    said = refused(paper, an, **words)
    assert "tăng huyết áp" in said and "đái tháo đường" in said
    assert services.write_in_full(paper=paper, by=an) == 1
    draft = draft_of(paper.document)
    assert answers_of(draft.content, "treatment")[0].value == (
        "Người bệnh tăng huyết áp, đái tháo đường type 2, dùng thuốc hạ huyết áp."
    )
    said = refused(paper, an, **words)
    services.keep_words(paper=paper, reason="Người nhận là bác sĩ", overlap_reason="", by=an)
    paper.refresh_from_db()
    freeze(paper, an, **words)
    assert paper.kept_reason and "THA" in paper.kept_words


def test_a_referral_is_valid_for_ten_working_days_or_a_year() -> None:
    an, paper = make_paper("TT01-VI")
    assert paper.ends_on is not None
    assert 12 <= (paper.ends_on - local_today()).days <= 20
    other = services.begin_paper(encounter=paper.encounter, kind="TT01-VI", by=an)
    freeze(other, an, **{"a/long/0": ["true"]})
    assert other.ends_on is not None and 365 <= (other.ends_on - local_today()).days <= 366


def test_what_is_asked_for_when_the_record_is_archived_is_an_addition_to_it() -> None:
    """The summary above all: patients, insurers and courts ask for it long after (R-30)."""
    stay, an = brought_to("archived"), person("an")
    paper = services.begin_paper(encounter=stay, kind="TT25-03", by=an)
    assert paper.document.is_addendum
    version = freeze(paper, an)
    assert (paper.number, version.number) == (f"000001/{YEAR}/{KINDS['TT25-03'].series}", 1)
    stay.refresh_from_db()
    assert stay.record_state == "archived"
