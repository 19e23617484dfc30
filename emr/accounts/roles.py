"""The shipped bundles: role × right → how far it reaches. A quality officer can read it.

They become rows (`Role`, `RoleGrant`) with each migration; a facility may put its own bundle in a shipped one's place.
A right is "<room>.<verb>", named in that room's `permissions.py`; a test refuses a right that no room names and a room's
right that nobody holds.
"""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.record_roles import OF_RECORDS
from emr.accounts.scopes import EVERYWHERE, D, F, L, Reach, Scope

__all__ = [
    "AT_THE_DESK",
    "CHOICES",
    "EVERYWHERE",
    "GUARDED",
    "IN_EMERGENCY",
    "NOT_CLINICAL",
    "OF_THE_PERSON",
    "OPENS_NO_CHART",
    "RIGHTS",
    "ROLES",
    "WHEN_LISTED",
    "WHEN_ONE_STAY_IS_LISTED",
    "Reach",
    "Scope",
    "is_clinical",
    "is_mixed",
    "label_of",
]

CHOICES: list[tuple[str, StrOrPromise]] = [
    ("doctor", _("Doctor")),
    ("head_of_department", _("Head of department")),
    ("nurse", _("Nurse")),
    ("head_nurse", _("Head nurse")),
    ("registration", _("Registration")),
    ("laboratory", _("Laboratory")),
    ("imaging", _("Imaging")),
    ("pharmacist", _("Pharmacist")),
    ("records", _("Medical records")),
    ("planning", _("Planning office")),
    ("director", _("Director")),
    ("seal_keeper", _("Keeper of the seal")),
    ("integration", _("Integration")),
    ("admin", _("Administrator")),
    ("auditor", _("Auditor")),
    ("inspector", _("Inspector from outside")),
]

# right: {role: scope}
RIGHTS: dict[str, dict[str, Scope]] = OF_RECORDS | {
    # patients.registry
    "registry.search": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "registration": F,
        "laboratory": F,
        "imaging": F,
        "pharmacist": F,
        "records": F,
        "planning": F,
        "director": F,
    },
    "registry.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "registration": F,
        "records": F,
        "planning": F,
        "director": F,
        "inspector": L,
    },
    "registry.register": {"registration": F},
    "registry.update": {"registration": F},
    "registry.merge": {"registration": F, "records": F},
    "registry.restrict": {"doctor": D, "head_of_department": D, "records": F},
    # patients.emergency_access
    "emergency_access.open": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    "emergency_access.review": {"head_of_department": D, "auditor": F},
    # patients.history
    "history.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "planning": F,
        "director": F,
        "inspector": L,
    },
    "history.write": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    # patients.coverage
    "coverage.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "registration": F,
        "records": F,
        "planning": F,
        "director": F,
        "inspector": L,
    },
    "coverage.write": {"registration": F},
    # patients.oversight: who opened whose chart
    "oversight.answer": {"head_of_department": D, "records": F, "planning": F, "director": F},
    "oversight.review": {"head_of_department": D, "director": F, "auditor": F},
    # encounters.visits
    "visits.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "registration": F,
        "records": F,
        "planning": F,
        "director": F,
        "inspector": L,
    },
    "visits.start": {"registration": F, "doctor": D, "head_of_department": D},
    "visits.admit": {"registration": F, "doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    "visits.transfer": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    "visits.discharge": {"doctor": D, "head_of_department": D},
    "visits.diagnose": {"doctor": D, "head_of_department": D},
    "visits.cancel": {"registration": F, "head_of_department": D},
    "visits.beds": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "registration": F,
        "planning": F,
        "director": F,
    },
    # encounters.documents (and the forms they are written on)
    "documents.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "records": F,
        "planning": F,
        "director": F,
        "inspector": L,
    },
    "documents.write": {"doctor": D, "head_of_department": D},
    "documents.note": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    "documents.print": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "records": F,
        "planning": F,
        "director": F,
    },
    "documents.append": {"doctor": D, "head_of_department": D},
    "documents.oversee": {"head_of_department": D, "records": F, "planning": F, "director": F},
    # encounters.phrases
    "phrases.use": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "laboratory": D,
        "imaging": D,
    },
    "phrases.share": {"head_of_department": D, "head_nurse": D},
    # encounters.orders
    "orders.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "pharmacist": F,
        "laboratory": F,
        "imaging": F,
        "inspector": L,
    },
    "orders.place": {"doctor": D, "head_of_department": D},
    "orders.configure": {"pharmacist": F, "planning": F},
    "orders.record_spoken": {"nurse": D, "head_nurse": D},
    "orders.review": {"pharmacist": F},
    "orders.edit_sets": {"head_of_department": D, "pharmacist": F, "planning": F},
    "orders.read_savings": {"planning": F, "director": F},
    # encounters.specimens
    "specimens.collect": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    "specimens.receive": {"laboratory": F},
    # encounters.results
    "results.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "laboratory": F,
        "imaging": F,
        "planning": F,
        "inspector": L,
    },
    # Copies of results. Who performs them hands out released ones; `documents.print` beside it: tables and provisional ones.
    "results.print": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "records": F,
        "planning": F,
        "director": F,
        "laboratory": F,
        "imaging": F,
    },
    "results.acknowledge": {"doctor": D, "head_of_department": D},
    "results.compose": {"laboratory": F, "imaging": F, "doctor": D, "head_of_department": D},
    "results.take_back": {"laboratory": F, "imaging": F, "integration": F, "head_of_department": D},
    "results.record_vital_signs": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    # encounters.performing: results that are entered here
    "performing.laboratory": {"laboratory": F},
    "performing.imaging": {"imaging": F},
    "performing.release": {"laboratory": F, "imaging": F},
    # encounters.monitoring: scores, fluids
    "monitoring.respond": {"doctor": D, "head_of_department": D},
    "monitoring.set_scale": {"doctor": D, "head_of_department": D},
    "monitoring.record": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    # encounters.bedside: the ward in a shift
    "bedside.read": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    "bedside.perform": {"nurse": D, "head_nurse": D},
    "bedside.assign": {"head_nurse": D},
    "bedside.packs": {"head_nurse": D},
    "bedside.check": {"head_nurse": D},
    # encounters.medicines: doses at the bed
    "medicines.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "pharmacist": F,
        "inspector": L,
    },
    "medicines.give": {"nurse": D, "head_nurse": D},
    "medicines.prepare": {"nurse": D, "head_nurse": D},
    "medicines.settle": {"head_nurse": D, "head_of_department": D},
    # encounters.consents: what patients confirm
    "consents.take": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    # signatures.providers (the staff's keys; no document), signatures.signing
    "providers.manage": {"admin": F},
    "signing.sign": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "laboratory": F,
        "imaging": F,
        "pharmacist": F,
        "planning": F,
        "director": F,
        "seal_keeper": F,
    },
    "signing.seal": {"seal_keeper": F},
    "signing.chains": {"planning": F, "director": F},
    # encounters.inspections: charts read by people from outside, by letter
    "inspections.prepare": {"records": F, "planning": F},
    "inspections.approve": {"planning": F, "director": F},
    "inspections.oversee": {"records": F, "planning": F, "director": F},
    "inspections.hand_out": {"records": F},
    "inspections.read": {"inspector": L},
    # integrations.transport
    "transport.channels": {"integration": F, "admin": F},
    "transport.read": {"integration": F},
    "transport.repair": {"integration": F},
    "transport.manage": {"integration": F, "admin": F},
    # integrations.lis: whose a result is that integration staff corrected
    "lis.confirm_identity": {"laboratory": F, "imaging": F},
    # integrations.monitors: monitors at the bed
    "monitors.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "integration": F,
    },
    "monitors.attach": {"nurse": D, "head_nurse": D},
    "monitors.manage": {"head_nurse": D, "integration": F},
    # integrations.launch: who may send people here with a signed link
    "launch.manage": {"admin": F},
    # integrations.loading: the HIS's patients, open stays and past, once
    "loading.load": {"integration": F},
    # integrations.reconciling: each morning, the day before
    "reconciling.sign": {"integration": F},
    # emr.notices
    "notices.manage": {"admin": F},
    # emr.terminology, emr.accounts, emr.audit
    "terminology.manage": {"admin": F},
    "accounts.manage": {"admin": F},
    "accounts.cover": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    "accounts.review_cover": {"head_of_department": D, "head_nurse": D, "planning": F, "auditor": F},
    "staff.choose": {"admin": F},
    "staff.read_roles": {"planning": F, "director": F, "admin": F, "auditor": F},
    "audit.read": {"auditor": F},
    # signatures.sealing: extracts of the log
    "sealing.export": {"auditor": F},
    # emr.watching
    "watching.read": {"integration": F, "admin": F},
}

# What emergency access opens for who holds the right somewhere: reading, own notes and orders. No print, no export, no
# closing, no countersigning, nothing of other people's (S-11).
IN_EMERGENCY = frozenset(
    {
        "registry.read",
        "history.read",
        "coverage.read",
        "visits.read",
        "documents.read",
        "documents.write",
        "documents.note",
        "orders.read",
        "orders.place",
        "results.read",
        "results.record_vital_signs",
        "monitoring.record",
        "scanning.read",
    }
)
# What the desk needs to take in a restricted patient: who it is and who pays, nothing of why (S-05).
AT_THE_DESK = frozenset(
    {
        "registry.search",
        "registry.read",
        "registry.register",
        "registry.update",
        "registry.merge",
        "coverage.read",
        "coverage.write",
        "visits.start",
        "visits.admit",
    }
)

# What a chart that is listed by a mandate opens, whatever bundle the reader holds: reading on the screen.
WHEN_LISTED = frozenset(
    {
        "registry.read",
        "history.read",
        "coverage.read",
        "visits.read",
        "documents.read",
        "orders.read",
        "results.read",
        "scanning.read",
        "inspections.read",
    }
)
# Where one stay alone is listed: what belongs to it, who this is and who pays; nothing of the person's other matters.
OF_THE_PERSON = frozenset({"registry.read", "coverage.read", "inspections.read"})
WHEN_ONE_STAY_IS_LISTED = WHEN_LISTED - {"history.read"}

ROLES: dict[str, dict[str, Scope]] = {
    role: {right: holders[role] for right, holders in RIGHTS.items() if role in holders}
    for role, _label in CHOICES
}

# Who gives rights or watches their use does no clinical work at the same time, and no bundle holds both.
GUARDED = frozenset({"accounts.manage", "audit.read"})
# Rooms whose rights open no chart; a room not named here counts as clinical.
NOT_CLINICAL = frozenset(
    (
        "accounts", "staff", "audit", "oversight", "sealing", "notices", "watching", "terminology", "providers",
        "transport", "launch", "loading", "reconciling", "switching", "compliance", "designing",
    )
)  # fmt: skip
# Judging afterwards opens no chart either, nor does taking a result back by its number, which shows no value, nor the list
# of monitors, which names only patients whom the person reaches anyway.
OPENS_NO_CHART = frozenset(
    {"emergency_access.review", "results.take_back", "monitors.read", "monitors.manage"}
)


def is_clinical(right: str) -> bool:
    """Whether the right opens or writes something of patients."""
    return right not in OPENS_NO_CHART and right.partition(".")[0] not in NOT_CLINICAL


def is_mixed(rights: Iterable[str]) -> bool:
    """Whether these rights must not be in one hand."""
    held = set(rights)
    return bool(held & GUARDED) and any(is_clinical(right) for right in held)


def label_of(code: str) -> StrOrPromise:
    """A shipped role's name; the code where none is shipped."""
    return dict(CHOICES).get(code, code)
