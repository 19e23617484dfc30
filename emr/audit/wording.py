"""What was done, in words: an action is "<noun>.<verb>"; one without words is shown as it stands in the log."""

from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

NOUNS: dict[str, StrOrPromise] = {
    "audit": pgettext_lazy("audit", "audit log"),
    "bed_board": pgettext_lazy("audit", "bed board"),
    "certificate": pgettext_lazy("audit", "certificate"),
    "channel": pgettext_lazy("audit", "channel"),
    "condition": pgettext_lazy("audit", "diagnosis"),
    "course": pgettext_lazy("audit", "course of treatment"),
    "coverage": pgettext_lazy("audit", "insurance"),
    "dead_letter": pgettext_lazy("audit", "dead letter"),
    "document": pgettext_lazy("audit", "document"),
    "encounter": pgettext_lazy("audit", "stay"),
    "history": pgettext_lazy("audit", "allergies and history"),
    "hl7_message": pgettext_lazy("audit", "message"),
    "identifier": pgettext_lazy("audit", "number"),
    "label": pgettext_lazy("audit", "label"),
    "medication_request": pgettext_lazy("audit", "medicine order"),
    "observation": pgettext_lazy("audit", "measurement"),
    "order": pgettext_lazy("audit", "orders"),
    "patient": pgettext_lazy("audit", "patient"),
    "pin": pgettext_lazy("audit", "PIN"),
    "procedure": pgettext_lazy("audit", "procedure"),
    "related_person": pgettext_lazy("audit", "related person"),
    "role": pgettext_lazy("audit", "role"),
    "service_request": pgettext_lazy("audit", "service order"),
    "signature": pgettext_lazy("audit", "signature"),
    "signing_key": pgettext_lazy("audit", "signing key"),
    "signing_request": pgettext_lazy("audit", "request to sign"),
    "user": pgettext_lazy("audit", "account"),
    "vital_signs": pgettext_lazy("audit", "vital signs"),
    "ward": pgettext_lazy("audit", "ward list"),
}
VERBS: dict[str, StrOrPromise] = {
    "add": pgettext_lazy("audit", "added"),
    "admit": pgettext_lazy("audit", "admitted"),
    "amend": pgettext_lazy("audit", "amended"),
    "begin": pgettext_lazy("audit", "begun"),
    "cancel": pgettext_lazy("audit", "cancelled"),
    "change": pgettext_lazy("audit", "changed"),
    "compare": pgettext_lazy("audit", "compared"),
    "copy": pgettext_lazy("audit", "copied"),
    "correct": pgettext_lazy("audit", "corrected"),
    "create": pgettext_lazy("audit", "created"),
    "discard": pgettext_lazy("audit", "discarded"),
    "discharge": pgettext_lazy("audit", "discharged"),
    "embed": pgettext_lazy("audit", "embedded"),
    "end": pgettext_lazy("audit", "ended"),
    "enter_in_error": pgettext_lazy("audit", "marked as entered in error"),
    "export": pgettext_lazy("audit", "exported"),
    "finalize": pgettext_lazy("audit", "confirmed"),
    "grant": pgettext_lazy("audit", "granted"),
    "history": pgettext_lazy("audit", "history looked at"),
    "import": pgettext_lazy("audit", "taken in"),
    "list": pgettext_lazy("audit", "listed"),
    "match": pgettext_lazy("audit", "looked up by card"),
    "merge": pgettext_lazy("audit", "merged"),
    "open": pgettext_lazy("audit", "opened"),
    "print": pgettext_lazy("audit", "printed"),
    "read": pgettext_lazy("audit", "looked at"),
    "record": pgettext_lazy("audit", "recorded"),
    "refuse": pgettext_lazy("audit", "refused"),
    "register": pgettext_lazy("audit", "registered"),
    "save_draft": pgettext_lazy("audit", "draft saved"),
    "search": pgettext_lazy("audit", "searched"),
    "set": pgettext_lazy("audit", "written"),
    "sign": pgettext_lazy("audit", "signed"),
    "sign_in": pgettext_lazy("audit", "signed in"),
    "sign_out": pgettext_lazy("audit", "signed out"),
    "start": pgettext_lazy("audit", "visit begun"),
    "transfer": pgettext_lazy("audit", "transferred"),
    "unmerge": pgettext_lazy("audit", "unmerged"),
    "update": pgettext_lazy("audit", "corrected"),
    "verify": pgettext_lazy("audit", "verified"),
    "void": pgettext_lazy("audit", "taken back"),
    "worklist": pgettext_lazy("audit", "worklist looked at"),
}


def in_words(action: str) -> str:
    """ "patient.read" as "patient: looked at", in the reader's language."""
    noun, _dot, verb = action.partition(".")
    if noun not in NOUNS or verb not in VERBS:
        return action
    return f"{NOUNS[noun]}: {VERBS[verb]}"
