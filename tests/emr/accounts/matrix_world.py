"""Two facilities, four patients with one row of everything: whom the matrix tries to reach through every address."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from emr.accounts.cover import start_cover_duty
from emr.accounts.models import Location, Organization, PractitionerRole, User
from emr.common.clock import now
from emr.notices.models import Notice
from emr.signin.models import GroupRole, StaffSession
from emr.staff.models import PractisingLicence, RoleChange, StaffImport
from emr.storage.services import store_bytes
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.documents.services import request_course_print
from encounters.forms.models import Questionnaire
from encounters.inspections import services as inspections
from encounters.inspections.models import Mandate
from encounters.medicines.models import (
    DueDose,
    GivingConflict,
    MedicationAdministration,
    ReactionTest,
    WardTray,
)
from encounters.monitoring.services import record_fluid
from encounters.orders.models import OrderRefusal, OrderSet, PharmacyComment, PrescriptionLine, SpokenOrder
from encounters.orders.services import add_medication, add_service
from encounters.phrases.services import keep_phrase
from encounters.results.services import record_vital_signs, request_report_print
from encounters.specimens.models import Specimen
from encounters.visits import codes
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from integrations.launch.services import add_key as add_launch_key
from integrations.loading.models import FirstLoad, PastStay
from integrations.mdm.models import ReceivedDocument
from integrations.monitors.models import Monitor
from integrations.transport.demo import load as load_channels
from integrations.transport.models import Channel, DeadLetter, Message, MessageState, NeighbourCode
from patients.coverage.services import record_coverage
from patients.emergency_access.services import open_emergency_access
from patients.history import services as history
from patients.oversight.models import LookupFinding
from patients.registry import services as registry
from patients.registry.models import Patient
from signatures.providers.services import issue_demo_key
from signatures.sealing.models import LogExtract
from signatures.signing.models import Delegation
from signatures.signing.services.requests import open_author_request
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters.attestations.rows import build_paper_rows, make_word
from tests.encounters.bedside.rows import build_bedside_rows, make_outage
from tests.encounters.boards.rows import build_board_rows
from tests.encounters.bundles.rows import build_bundle_rows
from tests.encounters.chart import begin, draft_of, load_forms, written
from tests.encounters.designing.rows import build_form_rows
from tests.encounters.monitoring.rounds import ILL, take
from tests.encounters.records.rows import build_record_rows
from tests.encounters.results.reports import FILE, facts, file, value
from tests.encounters.scanning.rows import build_scanning_rows
from tests.encounters.switching.rows import issue
from tests.encounters.visits.ward import ago
from tests.patients.people import make_patient

# own: of the person's department; other: of another one; restricted: of the own department, kept very closely;
# far: of another facility.
SITUATIONS = ("own", "other", "restricted", "far")
NAMES = {"own": "Đỗ Thị Ngọc", "other": "Cao Bá Quát", "restricted": "Mạc Thị Bưởi", "far": "Tạ Quang Bửu"}


@dataclass
class Case:
    """One patient and a row of everything about them; `marks`: texts that may stand in no answer that hides them."""

    patient: Patient
    department: Organization
    author: User
    stay: Encounter
    rows: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)


def earlier_today(*, hours: int) -> dt.datetime:
    """So many hours ago (at most ten), but never yesterday: what a list of today shows doesn't hang on the time of day."""
    moment = timezone.localtime()
    since_midnight = moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment - min(dt.timedelta(hours=hours), since_midnight * hours / 10)).replace(microsecond=0)


def _case(situation: str, department: Organization) -> Case:
    facility = department.parent or department
    word = situation.upper()
    author = make_user(f"author-{situation}", f"Bác sĩ {word}", "doctor", department)
    patient = make_patient(
        NAMES[situation], facility=facility, address_line=f"Ngõ {word}MARK", phone=f"09{len(word)}1112223"
    )
    twin = make_patient(f"Song Trùng {word}MARK", facility=facility)
    link = registry.merge_patients(survivor=patient, duplicate=twin, by=author, reason="Một người")
    person = registry.set_related_person(
        patient=patient, by=author, full_name=f"Người Nhà {word}MARK", relationship="SPS"
    )
    bed = Location.objects.create(
        facility=facility, department=department, kind="bed", code=f"B{word}", name=f"Giường {word}"
    )
    stay = visits.admit(
        patient=patient,
        department=department,
        bed=bed,
        by=author,
        at=earlier_today(hours=9),
        attending=author,
    )
    condition = visits.record_diagnosis(
        encounter=stay,
        role=codes.DiagnosisRole.ADMISSION,
        code="J18.9",
        text=f"Chẩn đoán {word}MARK",
        by=author,
    )
    procedure = visits.record_procedure(
        encounter=stay,
        by=author,
        kind="procedure",
        text=f"Thủ thuật {word}MARK",
        started_at=earlier_today(hours=2),
    )
    signs = record_vital_signs(
        encounter=stay, values={"pulse": 88}, by=author, effective_at=earlier_today(hours=2)
    )
    warning = take(stay, author, ILL, effective_at=earlier_today(hours=1)).warning
    fluid = record_fluid(encounter=stay, kind="in-drink", volume=200, by=author, key=uuid.uuid4())
    entry = begin(stay, author)
    documents.save_draft(
        document=entry,
        fields=written(entry, f"Diễn biến {word}MARK"),
        revision=draft_of(entry).revision,
        by=author,
    )
    order = add_service(entry=entry, by=author, category="laboratory", text=f"Y lệnh {word}MARK")
    version = documents.finalize_document(document=entry, revision=draft_of(entry).revision, by=author)
    asked = open_author_request(version=version)
    course_print = request_course_print(encounter=stay, by=author)
    spoken = SpokenOrder.objects.create(
        facility=facility,
        patient=patient,
        encounter=stay,
        entry=begin(stay, author),
        kind=SpokenOrder.Kind.TELEPHONE,
        prescriber=author,
        recorded_by=author,
        read_back=True,
        due_at=now(),
        reason=f"Lý do {word}MARK",
    )
    medicine = add_medication(
        entry=spoken.entry,
        by=author,
        text=f"Thuốc {word}MARK",
        route="PO",
        dose=1,
        dose_unit="vien",
        times_per_day=1,
    )
    comment = PharmacyComment.objects.create(
        facility=facility,
        patient=patient,
        encounter=stay,
        order=medicine,
        kind=PharmacyComment.Kind.COMMENT,
        text=f"Dược sĩ hỏi {word}MARK",
        author=author,
    )
    prescribed = PrescriptionLine.objects.create(
        facility=facility,
        patient=patient,
        encounter=stay,
        document=begin(stay, author, code="DON-THUOC"),
        position=1,
        text=f"Thuốc về {word}MARK",
        route="PO",
        dose=1,
        dose_unit="vien",
        times_per_day=1,
        days=5,
        quantity=5,
        quantity_unit="vien",
        author=author,
    )
    allergy = history.record_allergy(patient=patient, substance=f"Dị nguyên {word}MARK", by=author)
    coverage = record_coverage(
        patient=patient, payer="BHYT", card_number=f"CN438020012345{SITUATIONS.index(situation)}", by=author
    )
    place = stay.locations.get()
    report = file(
        stay,
        facts(value("7.1"), title=f"Xét nghiệm {word}MARK", number=word, attachments=(FILE,)),
        facility=facility,
    ).report
    past = PastStay.objects.create(
        facility=facility,
        patient=patient,
        number=f"LK{word}",
        began_at=ago(hours=900),
        diagnosis_text=f"Bệnh cũ {word}MARK",
        content={"XML1": {"CHAN_DOAN_RV": f"Bệnh cũ {word}MARK"}},
        sha256=word,
        load=_first_load(facility, author),
    )
    rows: dict[str, Any] = {
        "patient_uuid": patient,
        "encounter": stay,
        **_doses(stay, spoken.entry, author, word),
        "past_uuid": past,
        "received_uuid": ReceivedDocument.objects.create(
            facility=facility,
            patient=patient,
            encounter=stay,
            source="hl7:HIS",
            sender="HIS",
            number=word,
            line=word,
            title=f"Đơn thuốc {word}MARK",
            happened_at=earlier_today(hours=3),
            told_at=earlier_today(hours=3),
            text=f"Uống thuốc {word}MARK",
            sha256=word,
            message=_message(facility, f"MDM{word}"),
        ),
        "report_uuid": report,
        "result_print_uuid": request_report_print(report=report, by=author),
        "survivor_uuid": patient,
        "duplicate_uuid": twin,
        "link_uuid": link,
        "person_uuid": person,
        "encounter_uuid": stay,
        "place_uuid": place,
        "condition_uuid": condition,
        "procedure_uuid": procedure,
        "observation_uuid": signs[0] if isinstance(signs, list) else stay.observations.first(),
        "document_uuid": entry,
        "order_uuid": order,
        "refusal_uuid": OrderRefusal.objects.create(
            facility=facility,
            patient=patient,
            encounter=stay,
            service=order,
            system="HIS",
            wanted="place",
            code="UA",
            text=f"Từ chối {word}MARK",
            key=f"matrix:{word}",
        ),
        "request_uuid": asked,
        "spoken_uuid": spoken,
        "comment_uuid": comment,
        "line_uuid": prescribed,
        "specimen_uuid": Specimen.objects.create(
            facility=facility, patient=patient, encounter=stay, accession_number=f"BP{word}", tube="edta"
        ),
        "print_uuid": course_print,
        "entry_uuid": allergy,
        "coverage_uuid": coverage,
        "department_uuid": department,
        "ward": department,
        "warning_uuid": warning,
        "fluid_uuid": fluid,
        "finding_uuid": LookupFinding.objects.create(
            facility=facility,
            key=word,
            kind=LookupFinding.Kind.COLLEAGUE,
            agent=author,
            department=department,
            patient=patient,
            first_at=now(),
            last_at=now(),
            chart_count=1,
            look_count=1,
        ),
    }
    rows |= build_record_rows(stay, author, word)
    rows |= build_bundle_rows(stay, author, word)
    rows |= build_board_rows(stay, author, word)
    rows |= build_scanning_rows(stay, author, word)
    rows |= build_bedside_rows(entry, author, word) | build_paper_rows(stay, author)
    case = Case(patient, department, author, stay, {name: str(row.uuid) for name, row in rows.items()})
    case.marks = [
        f"{word}MARK",
        NAMES[situation],
        NAMES[situation].upper(),
        stay.identifier,
        stay.admission_number,
        str(patient.uuid),
        str(stay.uuid),
    ]
    return case


def _doses(stay: Encounter, entry: Document, author: User, word: str) -> dict[str, Any]:
    """A medicine to give when needed, a dose that waits, one that was given, one told too late, a tray."""
    medicine = add_medication(
        entry=entry, by=author, text=f"Thuốc khi cần {word}MARK", route="PO", dose=1, dose_unit="vien",
        as_needed=True, as_needed_for="đau",
    )  # fmt: skip
    where = {"facility": stay.facility, "patient": stay.patient, "encounter": stay}
    when = {"order": medicine, "planned_at": now(), "due_at": now(), "amount": 1, "unit": "vien"}
    waiting, done = (DueDose.objects.create(slot=slot, **where, **when) for slot in ("1", "2"))
    told = {"dose": done, "happened_at": now(), "performer": author}
    given = MedicationAdministration.objects.create(
        status="completed", key=done.uuid, amount=1, how="scan", **where, **told
    )
    conflict = GivingConflict.objects.create(
        why="answered", key=waiting.uuid, standing=given, **where, **told
    )
    tray = WardTray.objects.create(
        facility=stay.facility,
        department=stay.department,
        number=f"KT{word}",
        starts_at=now(),
        ends_at=now() + dt.timedelta(hours=8),
        lines=[{"text": f"Thuốc trên khay {word}MARK"}],
        filled_by=author,
        key=done.uuid,
    )
    return {
        "medicine_uuid": medicine,
        "dose_uuid": waiting,
        "administration_uuid": given,
        "conflict_uuid": conflict,
        "tray_uuid": tray,
        "test_uuid": ReactionTest.objects.create(
            order=medicine,
            key=done.uuid,
            method="prick",
            started_at=now(),
            read_due_at=now(),
            performer=author,
            **where,
        ),
    }


def _message(facility: Organization, key: str, **more: Any) -> Message:
    """One message of the facility's first neighbour."""
    load_channels(facility)
    raw = f"MSH|^~\\&|X|{facility.code}|{key}".encode()
    message = Message.objects.create(
        facility=facility,
        channel=Channel.objects.filter(facility=facility).order_by("pk")[0],
        received_at=now(),
        peer_address="127.0.0.1",
        raw=raw,
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        control_id=key,
        message_type="ADT^A01",
        duplicate_key=key,
        reply=b"MSA|AA|1",
        **more,
    )
    MessageState.objects.create(message=message, changed_at=now())
    return message


def _transport(facility: Organization, author: User) -> dict[str, Any]:
    """A channel with a message laid aside and a corrected copy of it, and a code that nobody has mapped."""
    message = _message(facility, "1")
    channel = message.channel
    letter = DeadLetter.objects.create(message=message, reason="unknown_place")
    copy = _message(facility, "1-edited", edited_from=message, edited_by=author)
    code = NeighbourCode.objects.create(
        facility=facility, channel=channel, kind=NeighbourCode.Kind.values[0], code="X1", last_seen_at=now()
    )
    return {
        "channel_uuid": channel,
        "message_uuid": message,
        "letter_uuid": letter,
        "identity_uuid": DeadLetter.objects.create(message=copy, reason="confirm_identity"),
        "code_uuid": code,
    }


def _first_load(facility: Organization, author: User) -> FirstLoad:
    """A list of the HIS's that was checked; made once."""
    found = FirstLoad.objects.filter(facility=facility).first()
    return found or FirstLoad.objects.create(
        facility=facility,
        kind="patients",
        status="checked",
        file_name="ds.csv",
        file=store_bytes(b"x", content_type="text/csv", facility=facility),
        by=author,
    )


def _office(facility: Organization, member: User, place: Location) -> dict[str, Any]:
    """What the administrators look after of a member of staff, and a notice that is the member's."""
    notice = Notice.objects.create(
        facility=facility,
        kind="trial",
        key="matrix",
        level=Notice._meta.get_field("level").choices[0][0],  # type: ignore[index]
        answer=Notice._meta.get_field("answer").choices[0][0],  # type: ignore[index]
    )
    return {
        "member_uuid": member,
        "held_uuid": PractitionerRole.objects.get(user=member),
        "licence_uuid": PractisingLicence.objects.create(
            facility=facility, user=member, number="1", profession="doctor", valid_from=dt.date(2020, 1, 1)
        ),
        "import_uuid": StaffImport.objects.create(facility=facility, file_name="a.csv", rows=[], by=member),
        "change_uuid": RoleChange.objects.create(
            facility=facility, code="doctor", name="Bác sĩ", grants={}, base_version=1, proposed_by=member
        ),
        "location_uuid": place,
        "notice_uuid": notice,
        "user_uuid": member,
        "session_uuid": StaffSession.objects.create(
            session_key=f"matrix{member.pk}", user=member, expire_date=now() + dt.timedelta(hours=1)
        ),
        "group_uuid": GroupRole.objects.create(
            facility=facility, group="bac-si", role="doctor", department=place.department
        ),
        "extract_uuid": LogExtract.objects.create(
            facility=facility, requested_by=member, key="matrix", question={}, reason="Khiếu nại"
        ),
    }


@dataclass
class World:
    """What addresses are filled with."""

    cases: dict[str, Case]
    # Rows of the house, which are nobody's chart: of the own facility and of the other one.
    house: dict[str, dict[str, str]]
    # Somebody from outside, for whom a mandate in force lists "own" and nothing else.
    inspector: User

    def row(self, part: str, situation: str) -> str | None:
        """The public id behind this part of an address; None: the part knows no such situation; KeyError: no builder."""
        if part in {"department_uuid", "ward", "tray_uuid"} and situation == "restricted":
            return None  # the restricted patient lies in the person's own department
        if part in self.cases["own"].rows:
            return self.cases[situation].rows.get(part)
        where = {"own": "own", "far": "far"}.get(situation)
        known = self.house["own"][part]
        return self.house[where].get(part, known) if where else None


def _mandate(case: Case, reader: User, office: Organization) -> Mandate:
    """A letter that lists the case's chart, prepared by one and approved by another."""
    facility = case.patient.facility
    clerk = make_user(f"tung-{facility.code}", "Phan Thanh Tùng", "planning", office)
    boss = make_user(f"ha-{facility.code}", "Đỗ Thu Hà", "director", office)
    today = dt.date.today()  # noqa: DTZ011  any day will do
    mandate = inspections.prepare_mandate(
        facility=facility,
        body="court",
        organisation="Tòa án nhân dân",
        letter_number="7/TA",
        letter_on=today - dt.timedelta(days=3),
        received_on=today - dt.timedelta(days=2),
        purpose="Giải quyết vụ án",
        starts_at=ago(hours=1),
        ends_at=now() + dt.timedelta(days=1),
        readers=[reader],
        by=clerk,
    )
    chart = inspections.list_chart(mandate=mandate, patient=case.patient, by=clerk)
    case.rows |= {"mandate_uuid": str(mandate.uuid), "chart_uuid": str(chart.uuid)}
    return inspections.approve_mandate(mandate=mandate, by=boss)


def _delegation(principal: User, delegate: User) -> Delegation:
    """For days to come, so that it moves no request."""
    day = dt.date.today() + dt.timedelta(days=30)  # noqa: DTZ011  any day will do
    return Delegation.objects.create(
        facility=principal.facility,
        principal=principal,
        delegate=delegate,
        starts_on=day,
        ends_on=day,
        reason="Nghỉ phép",
    )


def build() -> World:
    """Everything; a few seconds."""
    load_forms()
    near, away = make_facility(), make_facility("88888", "Bệnh viện khác")
    ward, surgery = make_department(near), make_department(near, "K19", "Khoa Ngoại")
    distant = make_department(away, "K03", "Khoa Nội xa")
    departments = {"own": ward, "other": surgery, "restricted": ward, "far": distant}
    cases = {situation: _case(situation, departments[situation]) for situation in SITUATIONS}
    everything = [mark for case in cases.values() for mark in case.marks]
    for case in cases.values():  # two facilities may give out the same numbers
        case.marks = [mark for mark in case.marks if everything.count(mark) == 1]
    kept = cases["restricted"]
    registry.restrict_patient(patient=kept.patient, level="V", reason="staff", by=kept.author)
    offices = {facility: make_department(facility, "P01", "Phòng Kế hoạch") for facility in (near, away)}
    inspector = make_user("m_inspector", "Phạm Văn Ai", "inspector", offices[near])
    outsider = make_user("m_outsider", "Phạm Văn Xa", "inspector", offices[away])
    _mandate(cases["own"], inspector, offices[near])
    _mandate(cases["far"], outsider, offices[away])
    house: dict[str, dict[str, str]] = {}
    for name, facility, place, case in (("own", near, ward, "own"), ("far", away, distant, "far")):
        second = make_department(facility, "K27", "Khoa Phụ sản")
        visitor = make_user(f"visitor-{name}", "Bác sĩ Trực", "doctor", second)
        duty = start_cover_duty(
            department=make_department(facility, "K18", "Khoa Nhi"),
            ends_at=now() + dt.timedelta(hours=3),
            reason="night",
            by=visitor,
        )
        glass = open_emergency_access(
            patient=cases[case].patient, reason="other", words="Hội chẩn gấp", by=visitor
        )
        free = Location.objects.create(
            facility=facility, department=place, kind="bed", code="FREE", name="Giường trống"
        )
        office = _office(facility, cases[case].author, free)
        rows: dict[str, Any] = (
            _transport(facility, cases[case].author)
            | office
            | build_form_rows(facility, cases[case].author)
            | {
                "bed_uuid": free,
                "load_uuid": _first_load(facility, cases[case].author),
                "launch_key_uuid": add_launch_key(issuer="HIS", key_id="1", by=cases[case].author)[0],
                "key_uuid": issue_demo_key(owner=cases[case].author, pin="123456"),
                "duty_uuid": duty,
                "delegation_uuid": _delegation(cases[case].author, visitor),
                "set_uuid": OrderSet.objects.create(
                    facility=facility, code="BO", name="Bộ xét nghiệm", kind="panel"
                ),
                "phrase_uuid": keep_phrase(
                    by=cases[case].author, abbreviation="pnbt", text="Phổi trong.", department=place
                ),
                "access_uuid": glass,
                "outage_uuid": make_outage(cases[case].author),
                "word_uuid": make_word(cases[case].author),
                "regulation_uuid": issue(facility, cases[case].author),
                "monitor_uuid": Monitor.objects.create(
                    facility=facility,
                    channel=Channel.objects.filter(facility=facility).order_by("pk")[0],
                    identifier="MON1",
                    label="MON1",
                    name="Máy 1",
                    department=place,
                    registered_by=cases[case].author,
                ),
                "questionnaire": Questionnaire.objects.order_by("pk")[0],
            }
        )
        house[name] = {part: str(row.uuid) for part, row in rows.items()}
    return World(cases, house, inspector)


OTHER_PARTS: dict[str, Callable[[str], str]] = {
    "position": lambda _name: "1",
    "kind": lambda name: "allergy" if "history" in name else "wristband",
    "system": lambda _name: "icd10",
    "table_name": lambda _name: "services",
    "rule_code": lambda _name: "daily-entry",
    "load_kind": lambda _name: "patients",
    "what": lambda _name: "admitted",
    "book": lambda _name: "admissions",
    "role_code": lambda _name: "doctor",
    "setting_name": lambda _name: "sign_within_hours",
    "guarding_name": lambda _name: "idle_minutes",
    "code": lambda _name: "AAAABBBBCCCCDDDD",
}


def documents_of(world: World, situation: str) -> list[Document]:
    """The documents of a case, for tests that send foreign ids."""
    return list(Document.objects.filter(encounter=world.cases[situation].stay))
