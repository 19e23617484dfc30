"""Which patient this device stands at: the proof of the last wristband, kept in the session."""

from emr.common.http import StaffRequest
from encounters.bedside import identity
from encounters.visits.models import Encounter

_KEPT = "bedside_identity"


def identify_patient(request: StaffRequest, stay: Encounter, how: str) -> None:
    """The patient was identified now; whoever was before is no longer."""
    request.session[_KEPT] = identity.prove(user=request.user, encounter=stay, how=how)


def forget_patient(request: StaffRequest) -> None:
    """Nobody is identified any more."""
    request.session.pop(_KEPT, None)


def proof_of(request: StaffRequest, stay: Encounter) -> str:
    """The proof that this stay's forms carry; "" where another patient, or nobody, is identified."""
    token = str(request.session.get(_KEPT, ""))
    return token if token and identity.is_valid(token, user=request.user, encounter=stay) else ""
