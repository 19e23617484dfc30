"""Which label was scanned last, on this device, and who the second nurse is."""

from uuid import UUID

from django.http import HttpRequest

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.http import StaffRequest
from emr.signin.services.passwords import password_of
from emr.signin.services.switching import has_pin, holder_of, is_pin
from encounters.medicines import permissions
from encounters.medicines.models import DueDose
from encounters.visits.models import Encounter
from encounters.visits.wristband import has_wristband

_LABEL = "dose_label"


def remember_label(request: StaffRequest, dose: DueDose, key: UUID) -> None:
    """The label of this dose was scanned for the act of this key, which waits for a second nurse."""
    request.session[_LABEL] = {"dose": str(dose.uuid), "key": str(key)}


def has_label(request: StaffRequest, stay: Encounter, dose: DueDose, key: UUID) -> bool:
    """Whether wristband and label were scanned for this act; what a form says of it doesn't count."""
    kept = request.session.get(_LABEL) or {}
    return kept == {"dose": str(dose.uuid), "key": str(key)} and has_wristband(request, stay)


def witness_of(request: HttpRequest, stay: Encounter, name: str, word: str) -> User | None:
    """The second nurse, identified: badge or user name, then PIN or password. Guesses are counted where those of the
    sign-in are; None for whoever it isn't, or may not give here.
    """
    held = holder_of(name)
    person = held[0] if held is not None else User.objects.filter(username=name.strip().lower()).first()
    if person is None or not person.is_active:
        return None
    if is_pin(word):
        fits = has_pin(person, word)
        if not fits:
            record("switch_pin.refuse", by=person, of=person, outcome="denied")
    else:
        fits = password_of(request, person.username, word) == person
    may = person.facility_id == stay.facility_id and person.has_right(permissions.GIVE, stay.department_id)
    return person if fits and may else None
