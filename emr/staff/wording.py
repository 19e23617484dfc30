"""Rights in words, grouped by room: for who reads the matrix. A right without words is shown by its name."""

from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

ROOMS: dict[str, StrOrPromise] = {
    "registry": pgettext_lazy("right", "Patients"),
    "emergency_access": pgettext_lazy("right", "Emergency access"),
    "history": pgettext_lazy("right", "Allergies and history"),
    "coverage": pgettext_lazy("right", "Insurance"),
    "visits": pgettext_lazy("right", "Stays and visits"),
    "documents": pgettext_lazy("right", "Documents"),
    "orders": pgettext_lazy("right", "Orders"),
    "results": pgettext_lazy("right", "Results and vital signs"),
    "inspections": pgettext_lazy("right", "Inspection mandates"),
    "signing": pgettext_lazy("right", "Signing"),
    "providers": pgettext_lazy("right", "Signing keys"),
    "transport": pgettext_lazy("right", "Connections"),
    "terminology": pgettext_lazy("right", "Catalogues"),
    "accounts": pgettext_lazy("right", "Staff and roles"),
    "staff": pgettext_lazy("right", "Staff and roles"),
    "notices": pgettext_lazy("right", "Notices"),
    "watching": pgettext_lazy("right", "State of the house"),
    "audit": pgettext_lazy("right", "Audit log"),
    "oversight": pgettext_lazy("right", "Audit log"),
    "sealing": pgettext_lazy("right", "Audit log"),
    "signin": pgettext_lazy("right", "Signing in"),
    "hl7v2": pgettext_lazy("right", "Connections"),
    "lis": pgettext_lazy("right", "Connections"),
}
RIGHTS: dict[str, StrOrPromise] = {
    "registry.search": pgettext_lazy("right", "find patients"),
    "registry.read": pgettext_lazy("right", "read a patient's chart cover"),
    "registry.register": pgettext_lazy("right", "register patients"),
    "registry.update": pgettext_lazy("right", "correct patients' particulars"),
    "registry.merge": pgettext_lazy("right", "merge and separate duplicates"),
    "registry.restrict": pgettext_lazy("right", "keep a chart closely"),
    "emergency_access.open": pgettext_lazy("right", "open a chart in an emergency"),
    "emergency_access.review": pgettext_lazy("right", "judge emergency access afterwards"),
    "history.read": pgettext_lazy("right", "read allergies and history"),
    "history.write": pgettext_lazy("right", "record allergies and history"),
    "coverage.read": pgettext_lazy("right", "read insurance cards"),
    "coverage.write": pgettext_lazy("right", "record insurance cards"),
    "visits.read": pgettext_lazy("right", "read stays and ward lists"),
    "visits.start": pgettext_lazy("right", "begin a visit"),
    "visits.admit": pgettext_lazy("right", "admit to a department and bed"),
    "visits.transfer": pgettext_lazy("right", "transfer"),
    "visits.discharge": pgettext_lazy("right", "discharge"),
    "visits.diagnose": pgettext_lazy("right", "record diagnoses and procedures"),
    "visits.cancel": pgettext_lazy("right", "cancel visits and admissions"),
    "visits.beds": pgettext_lazy("right", "see the bed board"),
    "documents.read": pgettext_lazy("right", "read documents"),
    "documents.write": pgettext_lazy("right", "write and confirm documents"),
    "documents.print": pgettext_lazy("right", "print documents"),
    "documents.oversee": pgettext_lazy("right", "see what is unfinished or late"),
    "orders.read": pgettext_lazy("right", "read orders"),
    "orders.place": pgettext_lazy("right", "place and stop orders"),
    "orders.configure": pgettext_lazy("right", "look after what may be ordered"),
    "results.read": pgettext_lazy("right", "read results"),
    "results.acknowledge": pgettext_lazy("right", "acknowledge results"),
    "results.record_vital_signs": pgettext_lazy("right", "record vital signs"),
    "inspections.prepare": pgettext_lazy("right", "enter letters and list the charts they name"),
    "inspections.approve": pgettext_lazy("right", "approve what somebody else has prepared"),
    "inspections.oversee": pgettext_lazy("right", "see and withdraw mandates"),
    "inspections.hand_out": pgettext_lazy("right", "take a listed stay's signed documents away"),
    "inspections.read": pgettext_lazy("right", "read the charts that a mandate lists"),
    "providers.manage": pgettext_lazy("right", "look after signing keys"),
    "signing.sign": pgettext_lazy("right", "sign what waits for one's own signature"),
    "transport.channels": pgettext_lazy("right", "see the channels and their counts"),
    "transport.read": pgettext_lazy("right", "read messages and dead letters, patient data hidden"),
    "transport.repair": pgettext_lazy("right", "correct and replay dead letters, map codes"),
    "transport.manage": pgettext_lazy("right", "set up channels"),
    "terminology.manage": pgettext_lazy("right", "look after catalogues"),
    "accounts.manage": pgettext_lazy("right", "manage staff, roles and departments"),
    "accounts.cover": pgettext_lazy("right", "stand in for another department"),
    "accounts.review_cover": pgettext_lazy("right", "look through cover duties"),
    "staff.choose": pgettext_lazy("right", "change the facility's settings"),
    "staff.read_roles": pgettext_lazy("right", "read the table of roles"),
    "watching.read": pgettext_lazy("right", "see the state of the house"),
    "notices.manage": pgettext_lazy("right", "set up notices and their ladders"),
    "audit.read": pgettext_lazy("right", "read the audit log"),
    "oversight.answer": pgettext_lazy("right", "tell a patient who opened the chart"),
    "oversight.review": pgettext_lazy("right", "review conspicuous look-ups"),
    "sealing.export": pgettext_lazy("right", "have sealed extracts of the log made"),
}


def right_in_words(right: str) -> StrOrPromise:
    """ "visits.discharge" as "discharge", in the reader's language."""
    return RIGHTS.get(right, right)


def room_in_words(right: str) -> StrOrPromise:
    """The room of a right, in the reader's language."""
    room = right.partition(".")[0]
    return ROOMS.get(room, room)
