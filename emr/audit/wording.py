"""What was done, in words: an action is "<noun>.<verb>"; one without words is shown as it stands in the log."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.audit.models import AuditEvent
from emr.audit.subjects import numbers_of, people_of

NOUNS: dict[str, StrOrPromise] = {
    "allergy": pgettext_lazy("audit", "allergy"),
    "assignment": pgettext_lazy("audit", "nurse of a patient"),
    "audit": pgettext_lazy("audit", "audit log"),
    "badge": pgettext_lazy("audit", "badge"),
    "bed_board": pgettext_lazy("audit", "bed board"),
    "bedside": pgettext_lazy("audit", "patient at the bed"),
    "certificate": pgettext_lazy("audit", "certificate"),
    "channel": pgettext_lazy("audit", "channel"),
    "code_system": pgettext_lazy("audit", "catalogue"),
    "condition": pgettext_lazy("audit", "diagnosis"),
    "contact": pgettext_lazy("audit", "contact data"),
    "course": pgettext_lazy("audit", "course of treatment"),
    "course_print": pgettext_lazy("audit", "printed treatment sheets"),
    "coverage": pgettext_lazy("audit", "insurance"),
    "dead_letter": pgettext_lazy("audit", "dead letter"),
    "demo": pgettext_lazy("audit", "demo hospital"),
    "department": pgettext_lazy("audit", "department"),
    "device": pgettext_lazy("audit", "device in the body"),
    "document": pgettext_lazy("audit", "document"),
    "cover_duty": pgettext_lazy("audit", "cover duty"),
    "due_dose": pgettext_lazy("audit", "dose"),
    "emergency_access": pgettext_lazy("audit", "emergency access"),
    "encounter": pgettext_lazy("audit", "stay"),
    "execution": pgettext_lazy("audit", "task of an order"),
    "first_load": pgettext_lazy("audit", "first load"),
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
    "savings": pgettext_lazy("audit", "report on repeated tests"),
    "order_refusal": pgettext_lazy("audit", "refused order"),
    "order_table": pgettext_lazy("audit", "table of what may be ordered"),
    "outage": pgettext_lazy("audit", "outage"),
    "password": pgettext_lazy("audit", "password"),
    "past_stay": pgettext_lazy("audit", "past stay"),
    "patient": pgettext_lazy("audit", "patient"),
    "precaution": pgettext_lazy("audit", "isolation or risk"),
    "prescription": pgettext_lazy("audit", "prescription"),
    "pharmacy_review": pgettext_lazy("audit", "pharmacy review"),
    "pin": pgettext_lazy("audit", "PIN"),
    "population": pgettext_lazy("audit", "synthetic population"),
    "problem": pgettext_lazy("audit", "long-lasting problem"),
    "procedure": pgettext_lazy("audit", "procedure"),
    "reaction_test": pgettext_lazy("audit", "reaction test"),
    "received_document": pgettext_lazy("audit", "received document"),
    "reconciliation": pgettext_lazy("audit", "reconciliation with the neighbours"),
    "recovery": pgettext_lazy("audit", "recovery of an account"),
    "recovery_code": pgettext_lazy("audit", "code for paper"),
    "report": pgettext_lazy("audit", "result"),
    "result_print": pgettext_lazy("audit", "printed results"),
    "related_person": pgettext_lazy("audit", "related person"),
    "role": pgettext_lazy("audit", "role"),
    "round": pgettext_lazy("audit", "ward round"),
    "seal": pgettext_lazy("audit", "seal"),
    "second_factor": pgettext_lazy("audit", "second factor"),
    "session": pgettext_lazy("audit", "session"),
    "shift_sheet": pgettext_lazy("audit", "sheet of a shift"),
    "spoken_order": pgettext_lazy("audit", "spoken order"),
    "service_request": pgettext_lazy("audit", "service order"),
    "setting": pgettext_lazy("audit", "facility's choice"),
    "signature": pgettext_lazy("audit", "signature"),
    "signature_cost": pgettext_lazy("audit", "cost of signatures"),
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
    "ward": pgettext_lazy("audit", "ward list"),
    "ward_pack": pgettext_lazy("audit", "pack of a ward"),
    "ward_tray": pgettext_lazy("audit", "medicine tray"),
}
VERBS: dict[str, StrOrPromise] = {
    "acknowledge": pgettext_lazy("audit", "taken on"),
    "assign": pgettext_lazy("audit", "given to a nurse"),
    "active": pgettext_lazy("audit", "set active"),
    "add": pgettext_lazy("audit", "added"),
    "admit": pgettext_lazy("audit", "admitted"),
    "amend": pgettext_lazy("audit", "amended"),
    "apply": pgettext_lazy("audit", "applied"),
    "approve": pgettext_lazy("audit", "approved"),
    "answer": pgettext_lazy("audit", "told who opened the chart"),
    "archive_number": pgettext_lazy("audit", "archive number given"),
    "attach": pgettext_lazy("audit", "put on a patient"),
    "armed": pgettext_lazy("audit", "armed"),
    "batch": pgettext_lazy("audit", "batch noted"),
    "begin": pgettext_lazy("audit", "begun"),
    "cancel": pgettext_lazy("audit", "cancelled"),
    "cancel_admission": pgettext_lazy("audit", "admission cancelled"),
    "cancel_discharge": pgettext_lazy("audit", "discharge cancelled"),
    "cancel_transfer": pgettext_lazy("audit", "transfer cancelled"),
    "cancel_visit": pgettext_lazy("audit", "visit cancelled"),
    "change": pgettext_lazy("audit", "changed"),
    "change_draft": pgettext_lazy("audit", "draft changed"),
    "check": pgettext_lazy("audit", "checked"),
    "compare": pgettext_lazy("audit", "compared"),
    "compose": pgettext_lazy("audit", "sheet made"),
    "confirm": pgettext_lazy("audit", "agreed to"),
    "confirm_identity": pgettext_lazy("audit", "corrected identity confirmed"),
    "conflict": pgettext_lazy("audit", "sent again with other content"),
    "copy": pgettext_lazy("audit", "copied"),
    "correct": pgettext_lazy("audit", "corrected"),
    "create": pgettext_lazy("audit", "created"),
    "dead_lettered": pgettext_lazy("audit", "laid aside for a person"),
    "deliver": pgettext_lazy("audit", "sent out of the house"),
    "detach": pgettext_lazy("audit", "taken off"),
    "disabled": pgettext_lazy("audit", "switched off"),
    "discard": pgettext_lazy("audit", "discarded"),
    "discharge": pgettext_lazy("audit", "discharged"),
    "dismissed": pgettext_lazy("audit", "dismissed"),
    "dispose": pgettext_lazy("audit", "let go after its time"),
    "draft": pgettext_lazy("audit", "drafted"),
    "edited": pgettext_lazy("audit", "edited"),
    "embed": pgettext_lazy("audit", "embedded"),
    "emptied": pgettext_lazy("audit", "emptied by policy"),
    "enabled": pgettext_lazy("audit", "switched on"),
    "end": pgettext_lazy("audit", "ended"),
    "entered_in_error": pgettext_lazy("audit", "marked as entered in error"),
    "end_sessions": pgettext_lazy("audit", "signed out everywhere"),
    "enter_in_error": pgettext_lazy("audit", "marked as entered in error"),
    "escalate": pgettext_lazy("audit", "taken to the next rung"),
    "export": pgettext_lazy("audit", "exported"),
    "fail": pgettext_lazy("audit", "failed"),
    "fill": pgettext_lazy("audit", "filled"),
    "finalize": pgettext_lazy("audit", "confirmed"),
    "give": pgettext_lazy("audit", "given"),
    "grant": pgettext_lazy("audit", "granted"),
    "held": pgettext_lazy("audit", "held back"),
    "history": pgettext_lazy("audit", "history looked at"),
    "identify": pgettext_lazy("audit", "identified"),
    "import": pgettext_lazy("audit", "taken in"),
    "imported": pgettext_lazy("audit", "imported"),
    "judge": pgettext_lazy("audit", "judged"),
    "hand_over": pgettext_lazy("audit", "PC handed over"),
    "issue": pgettext_lazy("audit", "issued"),
    "keep": pgettext_lazy("audit", "kept to be settled"),
    "list": pgettext_lazy("audit", "listed"),
    "look": pgettext_lazy("audit", "had looked at"),
    "left": pgettext_lazy("audit", "left for good"),
    "load": pgettext_lazy("audit", "loaded"),
    "loaded": pgettext_lazy("audit", "loaded"),
    "make": pgettext_lazy("audit", "made"),
    "lock": pgettext_lazy("audit", "screen locked"),
    "map_place": pgettext_lazy("audit", "place matched"),
    "mapped": pgettext_lazy("audit", "matched"),
    "pause": pgettext_lazy("audit", "paused"),
    "postpone": pgettext_lazy("audit", "postponed"),
    "rate": pgettext_lazy("audit", "rate changed"),
    "read_result": pgettext_lazy("audit", "result read"),
    "return": pgettext_lazy("audit", "given back"),
    "token": pgettext_lazy("audit", "given a new token"),
    "match": pgettext_lazy("audit", "looked up by card"),
    "merge": pgettext_lazy("audit", "merged"),
    "lower": pgettext_lazy("audit", "lowered"),
    "open": pgettext_lazy("audit", "opened"),
    "overdue": pgettext_lazy("audit", "overdue ones listed"),
    "ask_code": pgettext_lazy("audit", "code asked for"),
    "send_code": pgettext_lazy("audit", "code sent"),
    "not_asked": pgettext_lazy("audit", "not asked to sign"),
    "password_issued": pgettext_lazy("audit", "password issued"),
    "placed": pgettext_lazy("audit", "placed"),
    "print": pgettext_lazy("audit", "printed"),
    "raise": pgettext_lazy("audit", "raised"),
    "restrict": pgettext_lazy("audit", "kept closely or opened again"),
    "review": pgettext_lazy("audit", "reviewed"),
    "read": pgettext_lazy("audit", "looked at"),
    "record": pgettext_lazy("audit", "recorded"),
    "refuse": pgettext_lazy("audit", "refused"),
    "refuse_identity": pgettext_lazy("audit", "corrected identity refused"),
    "refused": pgettext_lazy("audit", "refused"),
    "register": pgettext_lazy("audit", "registered"),
    "remove": pgettext_lazy("audit", "removed"),
    "remove_draft": pgettext_lazy("audit", "draft removed"),
    "paused": pgettext_lazy("audit", "paused"),
    "replayed": pgettext_lazy("audit", "applied again"),
    "request": pgettext_lazy("audit", "asked for"),
    "restore": pgettext_lazy("audit", "restored"),
    "resumed": pgettext_lazy("audit", "resumed"),
    "resume": pgettext_lazy("audit", "resumed"),
    "revoke": pgettext_lazy("audit", "revoked"),
    "revoked": pgettext_lazy("audit", "revoked"),
    "save_draft": pgettext_lazy("audit", "draft saved"),
    "seal": pgettext_lazy("audit", "sealed"),
    "search": pgettext_lazy("audit", "searched"),
    "see": pgettext_lazy("audit", "seen"),
    "send": pgettext_lazy("audit", "sent"),
    "set": pgettext_lazy("audit", "written"),
    "sign": pgettext_lazy("audit", "signed"),
    "sign_in": pgettext_lazy("audit", "signed in"),
    "sign_out": pgettext_lazy("audit", "signed out"),
    "start": pgettext_lazy("audit", "visit begun"),
    "stop": pgettext_lazy("audit", "stopped"),
    "suspended": pgettext_lazy("audit", "suspended"),
    "take_in": pgettext_lazy("audit", "taken in later"),
    "timestamp": pgettext_lazy("audit", "timestamped"),
    "transfer": pgettext_lazy("audit", "transferred"),
    "allow_reset": pgettext_lazy("audit", "new one allowed"),
    "destroy": pgettext_lazy("audit", "destroyed"),
    "enrol": pgettext_lazy("audit", "taken on where it is kept"),
    "reset": pgettext_lazy("audit", "set anew"),
    "unlock": pgettext_lazy("audit", "unlocked"),
    "unmerge": pgettext_lazy("audit", "unmerged"),
    "update": pgettext_lazy("audit", "corrected"),
    "use": pgettext_lazy("audit", "used"),
    "verify": pgettext_lazy("audit", "verified"),
    "void": pgettext_lazy("audit", "taken back"),
    "withdraw": pgettext_lazy("audit", "withdrawn"),
    "withhold": pgettext_lazy("audit", "not given"),
    "worklist": pgettext_lazy("audit", "worklist looked at"),
    "completed": pgettext_lazy("audit", "completed"),
    "reject": pgettext_lazy("audit", "rejected"),
    "accept": pgettext_lazy("audit", "accepted"),
    "comment": pgettext_lazy("audit", "remarked on"),
    "edit": pgettext_lazy("audit", "changed"),
    "reply": pgettext_lazy("audit", "answered"),
    "hold": pgettext_lazy("audit", "held"),
    "file": pgettext_lazy("audit", "filed"),
    "file_read": pgettext_lazy("audit", "attached file opened"),
    "inbox": pgettext_lazy("audit", "inbox opened"),
    "late": pgettext_lazy("audit", "older version left out"),
    "reopened": pgettext_lazy("audit", "opened again"),
    "take_back": pgettext_lazy("audit", "taken back"),
    "collect": pgettext_lazy("audit", "collected"),
    "enter": pgettext_lazy("audit", "entered"),
    "reflex": pgettext_lazy("audit", "reflex test added"),
    "release": pgettext_lazy("audit", "released"),
    "enter_form": pgettext_lazy("audit", "form opened"),
    "performing": pgettext_lazy("audit", "list of what is to be performed looked at"),
    "label": pgettext_lazy("audit", "label printed"),
    "prepare": pgettext_lazy("audit", "prepared"),
    "progress": pgettext_lazy("audit", "progress looked at"),
    "receive": pgettext_lazy("audit", "taken in at the laboratory"),
    "reception": pgettext_lazy("audit", "arrivals looked at"),
    "reprint": pgettext_lazy("audit", "label printed again"),
    "retake": pgettext_lazy("audit", "asked for again"),
    "wrong_patient": pgettext_lazy("audit", "label of another patient scanned, refused"),
    "table": pgettext_lazy("audit", "table over the years looked at"),
    "form": pgettext_lazy("audit", "form made"),
    "graph": pgettext_lazy("audit", "graph looked at"),
    "settle": pgettext_lazy("audit", "settled"),
}


# A refusal names the right that was missing: a room and what was wanted there.
ROOMS: dict[str, StrOrPromise] = {
    "accounts": pgettext_lazy("audit", "staff"),
    "audit": pgettext_lazy("audit", "audit log"),
    "bedside": pgettext_lazy("audit", "patient at the bed"),
    "coverage": pgettext_lazy("audit", "insurance"),
    "documents": pgettext_lazy("audit", "documents"),
    "history": pgettext_lazy("audit", "allergies and history"),
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
