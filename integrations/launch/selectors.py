"""Questions about launch keys and the people and charts that links name."""

from django.db.models import Count, Max, QuerySet

from emr.accounts.models import Organization, User
from emr.accounts.roles import GUARDED
from encounters.visits.models import Encounter
from integrations.launch.models import LaunchKey
from patients.registry import systems
from patients.registry.access import same_person_ids
from patients.registry.models import Identifier, Patient


def keys_of(facility_id: int) -> QuerySet[LaunchKey]:
    """The facility's keys with how often and when last each was used; those in force first."""
    return (
        LaunchKey.objects.filter(facility_id=facility_id)
        .select_related("added_by", "revoked_by")
        .annotate(used_count=Count("launches"), last_used_at=Max("launches__arrived_at"))
        .order_by("-revoked_at", "issuer", "-id")
    )


def key_in_force(facility: Organization, issuer: str, key_id: str) -> LaunchKey | None:
    """The neighbour's key of that name, unless it was revoked."""
    return LaunchKey.objects.filter(facility=facility, issuer=issuer, key_id=key_id, revoked_at=None).first()


def person(key: LaunchKey, subject: str) -> User | None:
    """Who is meant: one active member of staff of the key's facility, or nobody."""
    rows = User.objects.select_related("facility").filter(facility_id=key.facility_id, is_active=True)
    if key.names_by == LaunchKey.Names.USERNAME:
        return rows.filter(username=subject.lower()).first()
    found = list(rows.filter(staff_code__iexact=subject)[:2])
    return found[0] if len(found) == 1 else None


def is_guarded(user: User) -> bool:
    """Whether the account gives rights or watches their use: no neighbour opens such a one."""
    return any(user.has_right(right) for right in GUARDED)


def patient_of(facility: Organization, number: str) -> Patient | None:
    """Who holds this patient number of the facility's."""
    value = number.upper().replace(" ", "")
    held = Identifier.objects.filter(facility=facility, system=systems.mrn(facility), value=value)
    found = held.select_related("patient").first()
    return found.patient if found is not None else None


def stay_of(patient: Patient, number: str) -> Encounter | None:
    """The person's stay or visit of that number."""
    stays = Encounter.objects.filter(facility_id=patient.facility_id, patient__in=same_person_ids(patient))
    return stays.filter(identifier=number).first() if number else None
