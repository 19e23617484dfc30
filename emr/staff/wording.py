"""Rights in words, grouped by room: for who reads the matrix. A right without words is shown by its name."""

from django.utils.translation import pgettext_lazy as words
from django_stubs_ext import StrOrPromise

ROOMS: dict[str, StrOrPromise] = {
    "registry": words("right", "Patients"),
    "history": words("right", "Allergies and history"),
    "coverage": words("right", "Insurance"),
    "visits": words("right", "Stays and visits"),
    "documents": words("right", "Documents"),
    "orders": words("right", "Orders"),
    "results": words("right", "Results and vital signs"),
    "signing": words("right", "Signing"),
    "providers": words("right", "Signing keys"),
    "transport": words("right", "Connections"),
    "terminology": words("right", "Catalogues"),
    "accounts": words("right", "Staff and roles"),
    "staff": words("right", "Staff and roles"),
    "audit": words("right", "Audit log"),
}
RIGHTS: dict[str, StrOrPromise] = {
    "registry.search": words("right", "find patients"),
    "registry.read": words("right", "read a patient's chart cover"),
    "registry.register": words("right", "register patients"),
    "registry.update": words("right", "correct patients' particulars"),
    "registry.merge": words("right", "merge and separate duplicates"),
    "history.read": words("right", "read allergies and history"),
    "history.write": words("right", "record allergies and history"),
    "coverage.read": words("right", "read insurance cards"),
    "coverage.write": words("right", "record insurance cards"),
    "visits.read": words("right", "read stays and ward lists"),
    "visits.start": words("right", "begin a visit"),
    "visits.admit": words("right", "admit to a department and bed"),
    "visits.transfer": words("right", "transfer"),
    "visits.discharge": words("right", "discharge"),
    "visits.diagnose": words("right", "record diagnoses and procedures"),
    "visits.cancel": words("right", "cancel visits and admissions"),
    "visits.beds": words("right", "see the bed board"),
    "documents.read": words("right", "read documents"),
    "documents.write": words("right", "write and confirm documents"),
    "documents.print": words("right", "print documents"),
    "documents.oversee": words("right", "see what is unfinished or late"),
    "orders.read": words("right", "read orders"),
    "orders.place": words("right", "place and stop orders"),
    "results.read": words("right", "read results"),
    "results.record_vital_signs": words("right", "record vital signs"),
    "providers.manage": words("right", "look after signing keys"),
    "signing.sign": words("right", "sign what waits for one's own signature"),
    "transport.channels": words("right", "see the channels and their counts"),
    "transport.read": words("right", "read messages and dead letters, patient data hidden"),
    "transport.repair": words("right", "correct and replay dead letters, map codes"),
    "transport.manage": words("right", "set up channels"),
    "terminology.manage": words("right", "look after catalogues"),
    "accounts.manage": words("right", "manage staff, roles and departments"),
    "staff.read_roles": words("right", "read the table of roles"),
    "audit.read": words("right", "read the audit log"),
}


def right_in_words(right: str) -> StrOrPromise:
    """ "visits.discharge" as "discharge", in the reader's language."""
    return RIGHTS.get(right, right)


def room_in_words(right: str) -> StrOrPromise:
    """The room of a right, in the reader's language."""
    room = right.partition(".")[0]
    return ROOMS.get(room, room)
