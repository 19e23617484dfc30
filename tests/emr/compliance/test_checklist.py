"""What the law asks, with evidence of this moment: every row known, cheap to ask, honest, filtered, exported, typed."""

import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.evidence import Evidence, Fact, State, evidence, gathered, registered
from emr.compliance.requirements import STRENGTHS, chapters, requirements
from emr.compliance.selectors import checklist
from emr.storage.models import BackupRun
from emr.ui.navigation import address
from encounters.switching.services import note_reading
from tests.emr.people import make_an, make_department, make_facility, make_user
from tests.emr.signin.test_fresh import grow_old
from tests.encounters.switching.rows import issue
from tests.encounters.visits.ward import admit, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
PAGE, EXPORT = "/administration/compliance/", "/administration/compliance/export/"


@pytest.fixture
def facility() -> Organization:
    return make_facility()


@pytest.fixture
def lan(facility: Organization) -> User:
    """Lan of the planning office."""
    return make_user("lan", "Vũ Thị Lan", "planning", make_department(facility))


# The list itself


def test_the_list_holds_every_requirement_once_with_its_basis() -> None:
    ids = [row.id for row in requirements()]
    assert ids == [f"R-{number:02d}" for number in range(1, 71)]
    assert len(chapters()) == 9
    for row in requirements():
        assert row.strength in STRENGTHS, row
        assert row.words and row.basis, row


def test_evidence_is_of_known_requirements_and_of_at_least_twenty_five() -> None:
    known = {row.id for row in requirements()}
    assert set(registered()) <= known
    assert len(registered()) >= 25


def test_evidence_lives_in_the_room_that_owns_it() -> None:
    for pieces in registered().values():
        for show in pieces.values():
            if not show.__module__.startswith("tests."):
                assert re.fullmatch(r"\w+\.\w+\.compliance", show.__module__)


# Asking


def test_a_new_house_is_told_honestly_what_is_missing(facility: Organization) -> None:
    rows = {row.requirement.id: row.evidence for row in checklist(facility)}
    assert rows["R-33"].state == State.NOT_BUILT
    assert rows["R-33"].facts == ()
    assert rows["R-09"].state == State.NOT_MET
    assert rows["R-46"].state == State.NOT_MET
    assert rows["R-06"].state == State.MET, "the database refuses change whoever asks"
    with translation.override("vi"):
        for evidence_ in rows.values():
            assert evidence_.state == State.NOT_BUILT or str(evidence_.words)


@pytest.mark.parametrize("requirement", sorted({"R-01"} | set(registered())))
def test_each_piece_costs_a_few_queries_however_large_the_house(
    facility: Organization, requirement: str
) -> None:
    def count() -> list[int]:
        asked = []
        for show in registered()[requirement].values():
            with CaptureQueriesContext(connection) as queries:
                show(facility)
            asked.append(len(queries))
        return asked

    few = count()
    for number in range(3):
        make_user(f"n{number}", f"Nguyễn Văn {number}", "nurse", make_department(facility))
        admit(make_patient(f"Trần Thị {number}"))
    assert max(count()) <= 6
    assert sum(count()) <= sum(few) + 1, "one more where something is there at all"


def test_every_fact_leads_to_a_page_that_is_there(facility: Organization, lan: User) -> None:
    issue(facility, lan)
    names = {fact.url_name for row in checklist(facility) for fact in row.evidence.facts if fact.url_name}
    assert len(names) > 15
    assert [name for name in names if not address(name)] == []


def test_of_several_pieces_the_worst_state_counts_and_all_facts_are_told(facility: Organization) -> None:
    @evidence(f"R-{99}")
    def good(_facility: Organization) -> Evidence:
        return Evidence(State.MET, "Tốt.", [Fact("a", 1)])

    @evidence(f"R-{99}")
    def poor(_facility: Organization) -> Evidence:
        return Evidence(State.PARTLY, "Chưa đủ.", [Fact("b", None)])

    try:
        found = gathered(f"R-{99}", facility)
    finally:
        del registered()[f"R-{99}"]
    assert (found.state, found.words) == (State.PARTLY, "Tốt. Chưa đủ.")
    assert [fact.shown for fact in found.facts] == ["1", "–"]


# It lives


def test_rules_count_as_met_when_everybody_has_read_them(facility: Organization, lan: User) -> None:
    an = make_an()
    assert gathered("R-09", facility).state == State.NOT_MET
    made = issue(facility, lan)
    assert gathered("R-09", facility).state == State.PARTLY
    for person in (an, lan):
        note_reading(regulation=made, by=person)
    found = gathered("R-09", facility)
    assert found.state == State.MET
    assert "45/QĐ-BV" in [fact.shown for fact in found.facts]


def test_a_backup_counts_while_it_is_fresh(facility: Organization) -> None:
    BackupRun.objects.create(began_at=now(), succeeded=True, files=7)
    assert gathered("R-46", facility).state == State.MET
    BackupRun.objects.create(began_at=now(), succeeded=False, reason="Đĩa đầy")
    found = gathered("R-46", facility)
    assert found.state == State.NOT_MET
    assert "Đĩa đầy" in str(found.words)


def test_an_inpatient_without_a_type_of_record_is_found(facility: Organization) -> None:
    assert gathered("R-01", facility).state == State.MET
    admit(record_type="")
    found = gathered("R-01", facility)
    assert found.state == State.PARTLY
    assert [fact.value for fact in found.facts][:2] == [1, 1]


def test_another_hospitals_rows_are_no_evidence(facility: Organization) -> None:
    away = make_facility("88888", "Bệnh viện khác")
    issue(away, make_user("xa", "Tạ Văn Xa", "planning", make_department(away)))
    assert gathered("R-09", facility).state == State.NOT_MET


# Page, spreadsheet, command


def test_the_page_tells_states_words_and_facts_and_is_narrowed(lan: User) -> None:
    client = signed_in(lan)
    body = client.get(PAGE).content.decode()
    assert body.count('<th scope="row"') == 70
    assert "TT 13/2025/TT-BYT" in body
    assert "Chưa có" in body
    assert reverse("encounters:switching:wards") in body, "a page that she may open"
    assert reverse("audit:log") not in body.split("<main", 1)[1], "and none that she may not"
    narrowed = client.get(PAGE, {"state": "not_built"}).content.decode()
    assert "R-33" in narrowed
    assert '<th scope="row" class="nowrap">R-01' not in narrowed
    chapter = client.get(PAGE, {"chapter": chapters()[1]}).content.decode()
    assert chapter.count('<th scope="row"') == 5
    assert client.get(PAGE, {"chapter": "x", "state": "y"}).content.decode().count('<th scope="row"') == 70
    assert AuditEvent.objects.filter(action="compliance.read").count() == 4


def test_who_treats_doesnt_read_it_and_an_auditor_does(facility: Organization) -> None:
    ward = make_department(facility)
    assert signed_in(make_an(ward)).get(PAGE).status_code == 403
    assert signed_in(make_user("kt", "Huỳnh Thị Thảo", "auditor", ward)).get(PAGE).status_code == 200


def test_the_spreadsheet_asks_for_fresh_proof_and_stays_text(lan: User) -> None:
    client = signed_in(lan)
    answer = client.get(EXPORT, {"chapter": chapters()[0]})
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 10
    assert rows[1][0] == "R-01"
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value)
    assert AuditEvent.objects.filter(action="compliance.export").count() == 1
    grow_old(lan)
    assert client.get(EXPORT)["Location"].startswith("/prove/")


def typed(*words: str) -> str:
    out = io.StringIO()
    call_command("compliance", *words, stdout=out)
    return out.getvalue()


def test_the_command_prints_every_row_and_fails_when_asked_to(facility: Organization) -> None:
    told = typed()
    assert facility.name in told
    assert len(re.findall(r"^  R-\d\d  \[", told, re.MULTILINE)) == 70
    assert "Last good backup" in typed("--language", "en", "--only", "R-46")
    rows = json.loads(typed("--format", "json", "--state", "not_met"))[facility.code]
    assert {"R-09", "R-46"} <= {row["id"] for row in rows}
    with pytest.raises(CommandError) as failed:
        typed("--fail")
    assert failed.value.returncode == 1
    for wrong in (["--facility", "00000"], ["--only", f"R-{99}"]):
        with pytest.raises(CommandError) as refused:
            typed(*wrong)
        assert refused.value.returncode == 2
