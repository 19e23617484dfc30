"""axe-core on every page there is: each address of the front door, opened by a role that may, light and dark."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from emr.accounts.models import Location, Organization, User
from emr.common.doors import PUBLIC, SIGNED_IN
from emr.notices.models import Notice
from emr.staff import services as staff
from emr.staff.models import RoleChange, StaffImport
from emr.tls.services import Files, make_root
from encounters.attestations.models import Abbreviation, Attestation
from encounters.bedside.models import (
    CareColumn,
    ChartRemark,
    Execution,
    Handover,
    Outage,
    Precaution,
    Wound,
    WoundAssessment,
    WoundPhoto,
)
from encounters.boards.models import BoardPrint
from encounters.bundles.models import Bundle, RecordExtract
from encounters.designing.models import FormDraft
from encounters.designing.services import begin_new
from encounters.documents import services as documents
from encounters.documents.models import CoursePrint, Document, DocumentDraft, DocumentVersion
from encounters.documents.services import request_course_print
from encounters.forms.models import Questionnaire
from encounters.inspections.models import Mandate, MandateChart
from encounters.inspections.services import approve_mandate
from encounters.medicines.models import WardTray
from encounters.medicines.services import plan_order
from encounters.medicines.services.tray import fill_tray
from encounters.monitoring.models import EarlyWarning, FluidEntry
from encounters.monitoring.services import record_fluid
from encounters.orders.models import OrderSet, PharmacyComment, PrescriptionLine, ServiceRequest, SpokenOrder
from encounters.orders.services import add_medication, add_service
from encounters.phrases.models import Phrase
from encounters.phrases.services import keep_phrase
from encounters.records.models import DisposalMinutes, Loan
from encounters.results.models import DiagnosticReport, Observation, ResultPrint
from encounters.results.services import record_vital_signs, request_report_print
from encounters.scanning.models import Paper, ScanBatch, ScannedPage
from encounters.specimens.models import Specimen
from encounters.specimens.services import prepare_specimens
from encounters.switching.models import Regulation
from encounters.visits import codes
from encounters.visits import services as visits
from encounters.visits.models import Condition, Encounter, EncounterLocation, Procedure
from integrations.demo import hospital, launching, lookups, monitors
from integrations.demo import notices as demo_notices
from integrations.hl7v2 import services as hl7v2
from integrations.launch.models import LaunchKey
from integrations.loading import services as loading
from integrations.loading.models import FirstLoad, PastStay
from integrations.mdm.models import ReceivedDocument
from integrations.monitors.models import Monitor
from integrations.transport.demo import load as load_channels
from integrations.transport.listener import Frame
from integrations.transport.models import Channel, DeadLetter, Message, NeighbourCode
from integrations.transport.services import bury, replay_edited
from patients.coverage.models import Coverage
from patients.coverage.services import record_coverage
from patients.history import services as history
from patients.history.models import AllergyIntolerance
from patients.oversight.models import LookupFinding
from patients.registry import services as registry
from patients.registry.models import MergeLink, Patient, RelatedPerson
from signatures.providers.models import Credential
from signatures.providers.services import issue_demo_key, issue_demo_seal
from signatures.sealing.models import LogExtract
from signatures.signing.models import Delegation, SigningRequest
from tests.emr.people import make_user
from tests.emr.ui.conftest import AXE, open_page, sign_in
from tests.encounters.attestations.rows import build_paper_rows, make_word
from tests.encounters.bedside.rows import build_bedside_rows
from tests.encounters.boards.rows import build_board_rows
from tests.encounters.bundles.rows import build_bundle_rows
from tests.encounters.chart import begin, deliver_all, draft_of, load_forms, written
from tests.encounters.inspections.letters import listing
from tests.encounters.monitoring.rounds import ILL, take
from tests.encounters.records.rows import build_record_rows
from tests.encounters.results.reports import FILE, facts, file, later, value
from tests.encounters.scanning.rows import build_scanning_rows
from tests.encounters.switching.rows import issue
from tests.encounters.visits.ward import ago
from tests.integrations.conftest import ago as hl7_ago
from tests.integrations.loading.files import PATIENTS, full_case, table, whole
from tests.integrations.mdm.messages import mdm
from tests.integrations.messages import adt
from tests.patients.people import make_patient
from tests.support.browser import WARD_PC

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Selectors and what passes are of no use here and take most of axe's time. In the dark only colours are new.
# The tiles of an outside reader's mark are faint for a purpose; the line below them says the same in full colour.
FAINT = "{exclude: ['.reader-mark-tiles']}"
LIGHT = f"""tags => axe.run({FAINT}, {{runOnly: tags, resultTypes: ['violations'], selectors: false}})"""
DARK = """_tags => {
  document.documentElement.dataset.theme = document.documentElement.dataset.bsTheme = 'dark';
  const rule = {type: 'rule', values: ['color-contrast']};
  return axe.run(FAINT, {runOnly: rule, resultTypes: ['violations'], selectors: false});
}""".replace("FAINT", FAINT)
# The row whose page an address asks for, by the name of the address's own part.
ROWS: dict[str, Any] = {
    "batch_uuid": ScanBatch,
    "page_uuid": ScannedPage,
    "sheet_uuid": ScannedPage,
    "paper_uuid": Paper,
    "patient_uuid": Patient,
    "attestation_uuid": Attestation,
    "paper_document_uuid": Attestation,
    "word_uuid": Abbreviation,
    "tray_uuid": WardTray,
    "survivor_uuid": Patient,
    "encounter_uuid": Encounter,
    "encounter": Encounter,
    "ward": Organization,
    "warning_uuid": EarlyWarning,
    "fluid_uuid": FluidEntry,
    "department_uuid": Organization,
    "document_uuid": Document,
    "request_uuid": SigningRequest,
    "delegation_uuid": Delegation,
    "spoken_uuid": SpokenOrder,
    "comment_uuid": PharmacyComment,
    "line_uuid": PrescriptionLine,
    "set_uuid": OrderSet,
    "phrase_uuid": Phrase,
    "place_uuid": EncounterLocation,
    "condition_uuid": Condition,
    "procedure_uuid": Procedure,
    "observation_uuid": Observation,
    "report_uuid": DiagnosticReport,
    "specimen_uuid": Specimen,
    "link_uuid": MergeLink,
    "person_uuid": RelatedPerson,
    "channel_uuid": Channel,
    "message_uuid": Message,
    "letter_uuid": DeadLetter,
    "code_uuid": NeighbourCode,
    "launch_key_uuid": LaunchKey,
    "load_uuid": FirstLoad,
    "past_uuid": PastStay,
    "received_uuid": ReceivedDocument,
    "entry_uuid": AllergyIntolerance,
    "coverage_uuid": Coverage,
    "bundle_uuid": Bundle,
    "copy_uuid": RecordExtract,
    "print_uuid": CoursePrint,
    "result_print_uuid": ResultPrint,
    "key_uuid": Credential,
    "notice_uuid": Notice,
    "finding_uuid": LookupFinding,
    "extract_uuid": LogExtract,
    "questionnaire": Questionnaire,
    "version_uuid": Questionnaire,
    "draft_uuid": FormDraft,
    "user_uuid": User,
    "member_uuid": User,
    "import_uuid": StaffImport,
    "change_uuid": RoleChange,
    "location_uuid": Location,
    "mandate_uuid": Mandate,
    "chart_uuid": MandateChart,
    "column_uuid": CareColumn,
    "remark_uuid": ChartRemark,
    "wound_uuid": Wound,
    "assessment_uuid": WoundAssessment,
    "photo_uuid": WoundPhoto,
    "execution_uuid": Execution,
    "handover_uuid": Handover,
    "outage_uuid": Outage,
    "precaution_uuid": Precaution,
    "monitor_uuid": Monitor,
    "loan_uuid": Loan,
    "board_print_uuid": BoardPrint,
    "regulation_uuid": Regulation,
    "minutes_uuid": DisposalMinutes,
}
# Parts that are words: by the room whose address it is, else anywhere.
WORDS = {
    ("", "kind"): "wristband",
    ("patients:history", "kind"): "allergy",
    ("staff", "kind"): "csv",
    ("notices", "code"): "backup.late",
    ("", "role_code"): "nurse",
    ("", "setting_name"): "emergency_reasons",
    ("", "guarding_name"): "restricted_reach",
    ("", "system"): "icd10",
    ("", "table_name"): "services",
    ("", "rule_code"): "daily-entry",
    ("", "load_kind"): "patients",
    ("", "what"): "admitted",
    ("", "book"): "admissions",
    ("", "position"): "1",
}
PREFERRED = ["bacsi", "tiepdon", "dieuduong"]
NOBODYS = "00000000-0000-4000-8000-000000000000"
LEAST_PAGES = 60  # fewer: the walk has lost its way


@pytest.fixture
def people(settings: Any, tmp_path: Path) -> dict[str, User]:
    """The demo's people, and one row of everything that a page can be about."""
    settings.EMR_HOME = tmp_path
    load_forms()
    facility = hospital.build_facility()
    people = hospital.build_people(facility)
    load_channels(facility)
    hl7v2.forget_channels()
    launching.build_key(people["quantri"])
    _patients(facility, people)
    _past(people["tichhop"])
    monitors.build(facility, people)
    _messages()
    demo_notices.tell(facility, people)
    make_root(files=Files.here(), facility="Trung tâm", domains=["benhvien.local"], password="on paper only")
    issue_demo_key(owner=people["bacsi"], pin="123456")
    _office(facility, people["quantri"])
    begin_new(code="NB-10", title="Phiếu đang làm", by=people["quantri"])
    keep_phrase(by=people["bacsi"], abbreviation="pnbt", text="Phổi trong.")
    issue_demo_seal(facility=facility)
    lookups.build_lookups(facility, people)
    people["lan"] = _mandates(facility, people)
    deliver_all()
    _corrected(people["tichhop"])
    return people


def _patients(facility: Organization, people: dict[str, User]) -> None:
    an, clerk = people["bacsi"], people["tiepdon"]
    dao = make_patient(facility=facility)
    registry.set_related_person(patient=dao, by=clerk, full_name="Nguyễn Văn Sáu", relationship="SPS")
    twin = make_patient("Nguyễn Thị Dào", facility=facility)
    registry.merge_patients(survivor=dao, duplicate=twin, by=clerk, reason="Một người")
    make_patient("Lê Văn Hùng", facility=facility, sex="male")
    ward = Organization.objects.get(parent=facility, code="K03")
    history.record_allergy(patient=dao, substance="Penicillin", by=an)
    history.record_problem(patient=dao, text="Tăng huyết áp", by=an)
    bed = ward.locations.filter(kind="bed").order_by("position")[0]
    stay = visits.admit(patient=dao, department=ward, bed=bed, by=an, at=ago(hours=9), attending=an)
    visits.record_diagnosis(encounter=stay, role=codes.DiagnosisRole.ADMISSION, code="J18.9", text="", by=an)
    done = {"kind": "procedure", "text": "Chọc dịch màng phổi", "started_at": ago(hours=2)}
    visits.record_procedure(encounter=stay, by=an, **done)
    numbers = {"pulse": 88, "temperature": 38, "systolic": 120, "diastolic": 70}
    for hours in (8, 2):
        record_vital_signs(encounter=stay, values=numbers, by=an, effective_at=ago(hours=hours))
    take(stay, an, ILL, effective_at=ago(hours=1))
    record_fluid(encounter=stay, kind="in-drink", volume=200, by=an, key=uuid.uuid4())
    file(stay, facts(value("7.1"), attachments=(FILE,)), facility=facility)
    file(stay, facts(value("4.1"), version="2", status="corrected", issued_at=later(5)), facility=facility)
    told = file(stay, facts(value("4.1"), number="L2"), facility=facility)
    request_report_print(report=told.report, by=an)
    entry = begin(stay, an)
    revision = draft_of(entry).revision
    documents.save_draft(document=entry, fields=written(entry), revision=revision, by=an)
    for kind, code in (("laboratory", "XN0029"), ("imaging", "CDHA0001")):
        add_service(entry=entry, by=an, category=kind, code=code, text=f"Y lệnh {code}")
    medicine = add_medication(
        entry=entry, by=an, text="Cefotaxim 1 g", route="IV", dose=1, dose_unit="lo", times_per_day=6
    )
    documents.finalize_document(document=entry, revision=draft_of(entry).revision, by=an)
    plan_order(order_id=medicine.pk)
    day = dt.timedelta(days=1)
    fill_tray(department=ward, start=ago(hours=9), end=ago(hours=9) + day, key=stay.uuid, by=an)
    prepare_specimens(encounter=stay, by=an)
    build_bedside_rows(entry, an)
    build_record_rows(stay, an, "")
    build_board_rows(stay, people["khth"], "")
    build_bundle_rows(stay, an)
    build_scanning_rows(stay, an)
    build_paper_rows(stay, an)
    make_word(an)
    issue(an.facility, an)
    request_course_print(encounter=stay, by=an)
    begin(stay, an)
    record_coverage(patient=dao, payer="BHYT", card_number="CN4380200123456", by=clerk)


def _office(facility: Organization, admin: User) -> None:
    """A list of staff with an error in it, and a role's change that waits."""
    list_of_staff = (
        "Mã nhân viên,Họ và tên,Mã khoa,Vai trò\nNV90,Trần Văn Nam,K03,nurse\nNV91,Lê Hoa,K77,nurse\n"
    )
    staff.check_import(file_name="nv.csv", content=list_of_staff.encode(), by=admin)
    OrderSet.objects.create(facility=facility, code="BO", name="Bộ xét nghiệm", kind="panel")
    wanted = {"orders.place": "department"}
    staff.save_role(facility=facility, code="nurse", name="nurse", grants=wanted, version=1, by=admin)


def _mandates(facility: Organization, people: dict[str, User]) -> User:
    """A letter that is being prepared, and one by which somebody from outside reads bà Đào's chart."""
    office = Organization.objects.filter(parent=facility, is_clinical=False).order_by("code")[0]
    reader = make_user("lan", "Vũ Thị Lan", "inspector", office)
    dao = Patient.objects.get(full_name="Nguyễn Thị Đào")
    told = {"facility": facility, "by": people["khth"], "readers": [reader]}
    listing(dao, **told)
    approve_mandate(mandate=listing(dao, **told), by=people["giamdoc"])
    return reader


def _past(by: User) -> None:
    """What the HIS told of Bà Đào's stays before, and a line of its list that can't be used."""
    dao = Patient.objects.get(full_name="Nguyễn Thị Đào")
    mrn = dao.identifiers.get(system__startswith="urn:benhanmo:mrn:").value
    files = (("history", whole(full_case(mrn=mrn))), ("patients", table(PATIENTS, "BN3;;1990;Nam;;;;")))
    for kind, data in files:
        load = loading.take_file(kind=kind, file_name="bhyt.xml", data=data, by=by)
        while loading.check_next(first_load_id=load.pk):
            pass
        loading.start(load=load, by=by)
        while loading.apply_next(first_load_id=load.pk):
            pass


def _messages() -> None:
    dao = Patient.objects.get(full_name="Nguyễn Thị Đào")
    for raw in (
        adt("A04", "X1", at=hl7_ago(1), birth="19801399", patient_class="O", place="K01", number="BN777777"),
        adt("A04", "X3", at=hl7_ago(1), birth="19801399", patient_class="O", place="K01", number="BN888889"),
        adt("A01", "X2", at=hl7_ago(1), number="BN888888", visit="DT000088", place="K77^P9^G9"),
        mdm(patient=dao.identifiers.get(is_own=True, is_active=True).value, name="Nguyễn^Thị Đào", visit=""),
    ):
        hl7v2.receive([Frame(raw, "127.0.0.1")])


def _corrected(by: User) -> None:
    """A message in which another patient was written; the laboratory hasn't answered."""
    sent = Message.objects.get(control_id="X3")
    letter = DeadLetter.objects.get(message=sent, resolution="")
    raw = bytes(sent.raw).replace(b"BN888889", b"BN999999")
    copy = replay_edited(letter, raw=raw, patient_number="BN999999", by=by)
    bury(copy, "confirm_identity", {})


def _views(
    resolver: URLResolver | None = None, space: str = "", route: str = ""
) -> Iterator[tuple[str, str, Any]]:
    for entry in (resolver or get_resolver()).url_patterns:
        path = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _views(entry, f"{space}{entry.namespace}:" if entry.namespace else space, path)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", path, entry.callback


def _value(name: str, part: str) -> str:
    """One row for a part of an address; of a part that ROWS doesn't know, nobody's: its page is told to be missing."""
    room = name.rpartition(":")[0]
    if word := WORDS.get((room, part)) or WORDS.get(("", part)):
        return word
    if part == "code":
        return DocumentVersion.objects.latest("pk").verify_code
    rows = ROWS[part].objects.order_by("pk") if part in ROWS else Patient.objects.none()
    # The other of two, and who isn't admitted yet.
    if part == "duplicate_uuid" or name in {"encounters:visits:admit", "encounters:visits:start"}:
        rows = Patient.objects.filter(full_name="Lê Văn Hùng")
    elif part in {"department_uuid", "ward"}:
        rows = rows.filter(code="K03")
    elif part == "order_uuid":
        kind = "imaging" if name.endswith("imaging") else "laboratory"
        kind = "care-level" if name.endswith("bedside:tick") else kind
        rows = ServiceRequest.objects.filter(category=kind)
    elif part == "paper_document_uuid":
        rows = Document.objects.filter(attestation__status="draft").order_by("pk")
    elif part == "bed_uuid":
        rows = Location.objects.filter(kind="bed", department__code="K03").order_by("-pk")
    elif part == "identity_uuid":
        rows = DeadLetter.objects.filter(reason="confirm_identity")
    first = rows.first()
    return str(first.uuid) if first else NOBODYS


def _addresses(name: str, path: str) -> list[str]:
    address = "/" + re.sub(r"<\w+:(\w+)>", lambda found: _value(name, found[1]), path)
    if name == "signatures:signing:chain":
        return [f"{address}?code=01/BV1"]
    if name == "encounters:designing:form":
        return [f"{address}?code=39/BV2"]
    if name == "encounters:designing:draft":  # a field in hand, and the print beside
        return [f"{address}?item=field", f"{address}?show=print"]
    if name == "encounters:documents:document":  # finished, and while it is written
        return [address, f"/documents/{DocumentDraft.objects.get(document__code='36/BV2').document.uuid}/"]
    return [address]


def _pages(people: dict[str, User]) -> tuple[dict[str, list[str]], list[str]]:
    """Every address that answers a whole page, under the first who may open it, and every home; what wasn't found."""
    missing: list[str] = []
    clients: dict[str, Client] = {}
    for username, user in people.items():
        clients[username] = Client()
        clients[username].force_login(user, backend="emr.accounts.backends.StaffBackend")
    found: dict[str, list[str]] = {username: ["/"] for username in people}
    first = [*PREFERRED, *(username for username in people if username not in PREFERRED)]
    for name, path, view in _views():
        # Every home is there already; the kit has its own test; a link of the HIS opens a chart or says no in words.
        # A ward's pack and the copy of signed paper are files.
        apart = {
            "ui:home",
            "ui:styleguide",
            "integrations:launch:open",
            "encounters:bedside:pack_file",
            "encounters:consents:paper",
            "encounters:boards:print_pdf",
            "encounters:bundles:pdf",
            "encounters:bundles:take",
            "encounters:scanning:pdf",
        }
        if name in apart:
            continue
        right = getattr(view, "required_right", None)
        may = [u for u in first if right in {PUBLIC, SIGNED_IN} or people[u].has_right(str(right))]
        for address in _addresses(name, path):
            for username in may:
                answer = clients[username].get(address)
                if answer.status_code == 200:
                    if b"<html" in getattr(answer, "content", b""):
                        found[username].append(address)
                    break
                if answer.status_code not in {403, 404}:  # only by POST, or it leads elsewhere
                    break
            else:
                missing.append(f"{name} {address}")
    return found, missing


def _serious(name: str, found: dict[str, Any]) -> list[str]:
    return [
        f"{name} {violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def test_every_page_is_opened_by_somebody(people: dict[str, User]) -> None:
    pages, missing = _pages(people)
    assert not missing, "the fixture has no row for: " + " · ".join(missing)
    assert sum(map(len, pages.values())) >= LEAST_PAGES, pages


@pytest.mark.long  # some minutes
@pytest.mark.timeout(1800)
def test_axe_finds_nothing_serious_on_any_page(
    people: dict[str, User], chromium: Any, live_server: Any
) -> None:
    """WCAG 2.2 AA on a ward PC, as a page is without being asked."""
    assert not (trouble := _walk(people, chromium, live_server, LIGHT)), "\n".join(trouble)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_axe_finds_no_colour_too_faint_in_the_dark(
    people: dict[str, User], chromium: Any, live_server: Any
) -> None:
    assert not (trouble := _walk(people, chromium, live_server, DARK)), "\n".join(trouble)


def _walk(people: dict[str, User], chromium: Any, live_server: Any, judge: str) -> list[str]:
    """What axe finds, and what the browser complains of, on every page, each opened by somebody who may."""
    axe, trouble = AXE.read_text(encoding="utf-8"), []
    pages, _missing = _pages(people)
    for username, addresses in pages.items():
        context = chromium.new_context(
            viewport=WARD_PC,
            locale="vi-VN",
            base_url=live_server.url,
            bypass_csp=True,
            reduced_motion="reduce",
        )
        sign_in(context, live_server, people[username])
        page = open_page(context)
        for address in addresses:
            page.goto(address, wait_until="load")
            page.wait_for_function("!document.querySelector('[aria-busy=true], .htmx-request')")
            page.evaluate(axe)
            trouble += _serious(f"{username} {address}", page.evaluate(judge, TAGS))
        trouble += page.trouble
        context.close()
    return trouble
