"""What was done, in words: an action is "<noun>.<verb>"; one without words is shown as it stands in the log."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.audit.models import AuditEvent
from emr.audit.subjects import numbers_of, people_of
from emr.audit.verbs import VERBS

NOUNS: dict[str, StrOrPromise] = {
    "abbreviation": pgettext_lazy("audit", "short word"),
    "allergy": pgettext_lazy("audit", "allergy"),
    "assignment": pgettext_lazy("audit", "nurse of a patient"),
    "audit": pgettext_lazy("audit", "audit log"),
    "badge": pgettext_lazy("audit", "badge"),
    "bed_board": pgettext_lazy("audit", "bed board"),
    "bedside": pgettext_lazy("audit", "patient at the bed"),
    "board_print": pgettext_lazy("audit", "printed briefing or book"),
    "book": pgettext_lazy("audit", "statutory book"),
    "briefing": pgettext_lazy("audit", "morning briefing"),
    "bundle": pgettext_lazy("audit", "closed record as a file"),
    "care_column": pgettext_lazy("audit", "column of a care sheet"),
    "care_sheet": pgettext_lazy("audit", "care sheet"),
    "certificate": pgettext_lazy("audit", "certificate"),
    "chart_check": pgettext_lazy("audit", "check of a chart"),
    "chart_remark": pgettext_lazy("audit", "remark on a chart"),
    "channel": pgettext_lazy("audit", "channel"),
    "code_system": pgettext_lazy("audit", "catalogue"),
    "completeness": pgettext_lazy("audit", "what a record lacks"),
    "compliance": pgettext_lazy("audit", "what the law asks"),
    "completeness_rule": pgettext_lazy("audit", "rule of completeness"),
    "condition": pgettext_lazy("audit", "diagnosis"),
    "consent": pgettext_lazy("audit", "patient's confirmation"),
    "contact": pgettext_lazy("audit", "contact data"),
    "course": pgettext_lazy("audit", "course of treatment"),
    "course_print": pgettext_lazy("audit", "printed treatment sheets"),
    "coverage": pgettext_lazy("audit", "insurance"),
    "dead_letter": pgettext_lazy("audit", "dead letter"),
    "demo": pgettext_lazy("audit", "demo hospital"),
    "department": pgettext_lazy("audit", "department"),
    "device": pgettext_lazy("audit", "device in the body"),
    "disclosure": pgettext_lazy("audit", "daily disclosures of a ward"),
    "document": pgettext_lazy("audit", "document"),
    "cover_duty": pgettext_lazy("audit", "cover duty"),
    "awaited_event": pgettext_lazy("audit", "time of an operation"),
    "device_event": pgettext_lazy("audit", "acts of a device"),
    "due_dose": pgettext_lazy("audit", "dose"),
    "emergency_access": pgettext_lazy("audit", "emergency access"),
    "encounter": pgettext_lazy("audit", "stay"),
    "execution": pgettext_lazy("audit", "task of an order"),
    "first_load": pgettext_lazy("audit", "first load"),
    "form": pgettext_lazy("audit", "form"),
    "gap": pgettext_lazy("audit", "gap in a record"),
    "giving_conflict": pgettext_lazy("audit", "dose to settle"),
    "group_role": pgettext_lazy("audit", "role of a group"),
    "handover": pgettext_lazy("audit", "hand-over of a patient"),
    "history": pgettext_lazy("audit", "allergies and history"),
    "hl7_message": pgettext_lazy("audit", "message"),
    "hl7_sender": pgettext_lazy("audit", "HL7 sender"),
    "identifier": pgettext_lazy("audit", "number"),
    "infusion": pgettext_lazy("audit", "infusion"),
    "instance": pgettext_lazy("audit", "system"),
    "label": pgettext_lazy("audit", "label"),
    "launch": pgettext_lazy("audit", "link from the HIS"),
    "launch_key": pgettext_lazy("audit", "key of launch links"),
    "licence": pgettext_lazy("audit", "practising licence"),
    "location": pgettext_lazy("audit", "place"),
    "ladder": pgettext_lazy("audit", "escalation ladder"),
    "log_extract": pgettext_lazy("audit", "sealed extract of the log"),
    "lookup": pgettext_lazy("audit", "look-up to review"),
    "mandate": pgettext_lazy("audit", "inspection mandate"),
    "master": pgettext_lazy("audit", "master of a matter"),
    "medication_administration": pgettext_lazy("audit", "medicine given"),
    "medication_request": pgettext_lazy("audit", "medicine order"),
    "monitor": pgettext_lazy("audit", "monitor"),
    "notice": pgettext_lazy("audit", "notice"),
    "observation": pgettext_lazy("audit", "measurement"),
    "order": pgettext_lazy("audit", "orders"),
    "order_check": pgettext_lazy("audit", "question about an order"),
    "order_set": pgettext_lazy("audit", "set of orders"),
    "phrase": pgettext_lazy("audit", "phrase"),
    "savings": pgettext_lazy("audit", "report on repeated tests"),
    "order_refusal": pgettext_lazy("audit", "refused order"),
    "order_table": pgettext_lazy("audit", "table of what may be ordered"),
    "outage": pgettext_lazy("audit", "outage"),
    "password": pgettext_lazy("audit", "password"),
    "paper": pgettext_lazy("audit", "scanned paper"),
    "scan": pgettext_lazy("audit", "file of scanned paper"),
    "scanned_page": pgettext_lazy("audit", "scanned page"),
    "attestation": pgettext_lazy("audit", "paper handed out"),
    "past_stay": pgettext_lazy("audit", "past stay"),
    "patient": pgettext_lazy("audit", "patient"),
    "precaution": pgettext_lazy("audit", "isolation or risk"),
    "prescription": pgettext_lazy("audit", "prescription"),
    "pharmacy_review": pgettext_lazy("audit", "pharmacy review"),
    "pin": pgettext_lazy("audit", "PIN"),
    "population": pgettext_lazy("audit", "synthetic population"),
    "problem": pgettext_lazy("audit", "long-lasting problem"),
    "procedure": pgettext_lazy("audit", "procedure"),
    "record_extract": pgettext_lazy("audit", "extract of a record"),
    "reaction_test": pgettext_lazy("audit", "reaction test"),
    "received_document": pgettext_lazy("audit", "received document"),
    "reconciliation": pgettext_lazy("audit", "reconciliation with the neighbours"),
    "recovery": pgettext_lazy("audit", "recovery of an account"),
    "recovery_code": pgettext_lazy("audit", "code for paper"),
    "regulation": pgettext_lazy("audit", "rules for electronic records"),
    "report": pgettext_lazy("audit", "result"),
    "result_print": pgettext_lazy("audit", "printed results"),
    "related_person": pgettext_lazy("audit", "related person"),
    "role": pgettext_lazy("audit", "role"),
    "round": pgettext_lazy("audit", "ward round"),
    "seal": pgettext_lazy("audit", "seal"),
    "trust_list": pgettext_lazy("audit", "trusted authorities"),
    "record": pgettext_lazy("audit", "medical record as a whole"),
    "record_loan": pgettext_lazy("audit", "lending of a record"),
    "disposal": pgettext_lazy("audit", "minutes of disposal"),
    "ward_round": pgettext_lazy("audit", "round of a ward"),
    "second_factor": pgettext_lazy("audit", "second factor"),
    "session": pgettext_lazy("audit", "session"),
    "shift_sheet": pgettext_lazy("audit", "sheet of a shift"),
    "spoken_order": pgettext_lazy("audit", "spoken order"),
    "service_request": pgettext_lazy("audit", "service order"),
    "setting": pgettext_lazy("audit", "facility's choice"),
    "signature": pgettext_lazy("audit", "signature"),
    "signature_cost": pgettext_lazy("audit", "cost of signatures"),
    "delegation": pgettext_lazy("audit", "delegation of signing"),
    "signing_chain": pgettext_lazy("audit", "signing chain"),
    "signing_key": pgettext_lazy("audit", "signing key"),
    "signing_request": pgettext_lazy("audit", "request to sign"),
    "specimen": pgettext_lazy("audit", "specimen"),
    "staff": pgettext_lazy("audit", "list of staff"),
    "staff_import": pgettext_lazy("audit", "imported list of staff"),
    "switch_pin": pgettext_lazy("audit", "PIN for shared PCs"),
    "unmapped_code": pgettext_lazy("audit", "unmapped code"),
    "user": pgettext_lazy("audit", "account"),
    "vital_signs": pgettext_lazy("audit", "vital signs"),
    "early_warning": pgettext_lazy("audit", "early warning score"),
    "fluid": pgettext_lazy("audit", "fluid in or out"),
    "scale_choice": pgettext_lazy("audit", "choice of a score"),
    "wall": pgettext_lazy("audit", "wall between facilities"),
    "ward_mode": pgettext_lazy("audit", "how a department keeps records"),
    "ward": pgettext_lazy("audit", "ward list"),
    "ward_pack": pgettext_lazy("audit", "pack of a ward"),
    "ward_tray": pgettext_lazy("audit", "medicine tray"),
    "wound": pgettext_lazy("audit", "wound"),
}

# A refusal names the right that was missing: a room and what was wanted there.
ROOMS: dict[str, StrOrPromise] = {
    "accounts": pgettext_lazy("audit", "staff"),
    "audit": pgettext_lazy("audit", "audit log"),
    "bedside": pgettext_lazy("audit", "patient at the bed"),
    "consents": pgettext_lazy("audit", "patients' confirmations"),
    "coverage": pgettext_lazy("audit", "insurance"),
    "documents": pgettext_lazy("audit", "documents"),
    "phrases": pgettext_lazy("audit", "phrases"),
    "history": pgettext_lazy("audit", "allergies and history"),
    "scanning": pgettext_lazy("audit", "paper that comes in"),
    "attestations": pgettext_lazy("audit", "papers handed out"),
    "completeness": pgettext_lazy("audit", "completeness of records"),
    "bundles": pgettext_lazy("audit", "closed records as files"),
    "records": pgettext_lazy("audit", "records and archive"),
    "switching": pgettext_lazy("audit", "switching to electronic records"),
    "designing": pgettext_lazy("audit", "design of forms"),
    "rounds": pgettext_lazy("audit", "ward round"),
    "boards": pgettext_lazy("audit", "boards and statutory books"),
    "compliance": pgettext_lazy("audit", "compliance"),
    "inspections": pgettext_lazy("audit", "inspection mandates"),
    "launch": pgettext_lazy("audit", "link from the HIS"),
    "loading": pgettext_lazy("audit", "first load"),
    "medicines": pgettext_lazy("audit", "medicines at the bed"),
    "orders": pgettext_lazy("audit", "orders"),
    "oversight": pgettext_lazy("audit", "who opened charts"),
    "performing": pgettext_lazy("audit", "laboratory and imaging"),
    "monitoring": pgettext_lazy("audit", "watching patients"),
    "monitors": pgettext_lazy("audit", "monitors at the bed"),
    "providers": pgettext_lazy("audit", "signing keys"),
    "reconciling": pgettext_lazy("audit", "reconciliation with the neighbours"),
    "registry": pgettext_lazy("audit", "patient"),
    "results": pgettext_lazy("audit", "results"),
    "sealing": pgettext_lazy("audit", "sealed extracts of the log"),
    "specimens": pgettext_lazy("audit", "specimens"),
    "signing": pgettext_lazy("audit", "signing"),
    "terminology": pgettext_lazy("audit", "catalogue"),
    "transport": pgettext_lazy("audit", "channels and messages"),
    "visits": pgettext_lazy("audit", "stay"),
}


def is_known(action: str) -> bool:
    """Whether the house has words for this whole action."""
    noun, _dot, verb = action.partition(".")
    return noun in NOUNS and verb in VERBS


def in_words(action: str) -> str:
    """ "patient.read" as "patient: looked at", in the reader's language."""
    if not is_known(action):
        return action
    noun, _dot, verb = action.partition(".")
    return f"{NOUNS[noun]}: {VERBS[verb]}"


def sentence(action: str, outcome: str, who: str, number: str) -> str:
    """One line in plain words: who did what to what, of which patient, and whether it was refused."""
    noun, _dot, verb = action.partition(".")
    if outcome == AuditEvent.Outcome.DENIED:
        what = str(ROOMS.get(noun) or NOUNS.get(noun) or action)
        said = _("%(who)s was refused: %(what)s") % {"who": who, "what": what}
    elif is_known(action):
        said = _("%(who)s %(verb)s: %(noun)s") % {"who": who, "verb": VERBS[verb], "noun": NOUNS[noun]}
    else:
        said = f"{who}: {action}"
    if number:
        said = _("%(said)s, patient no. %(number)s") % {"said": said, "number": number}
    return _("%(said)s (it failed)") % {"said": said} if outcome == AuditEvent.Outcome.FAILURE else said


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log for a reader: the row, its sentence, who it was with roles held now, the patient's number."""

    event: AuditEvent
    words: str
    who: str
    roles: str
    number: str


def in_plain_words(events: Sequence[AuditEvent]) -> list[Line]:
    """The lines in plain words; three queries for all of them."""
    people = people_of({event.agent_id for event in events if event.agent_id is not None})
    numbers = numbers_of({event.patient_id for event in events if event.patient_id is not None})
    lines = []
    for event in events:
        person = people.get(event.agent_id or 0)
        who = person.name if person else event.agent_name or _("The system")
        number = numbers.get(event.patient_id or 0, "")
        words = sentence(event.action, event.outcome, who, number)
        lines.append(Line(event, words, who, person.roles if person else "", number))
    return lines
