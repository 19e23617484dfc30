"""The facility's seal on documents: its keeper's act, with the facility's certificate, after all who answer for them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from emr.accounts.access import demand
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.arming import demand_armed
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates.checks import check_usable
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import seal_of
from signatures.providers.base import ProviderDown
from signatures.providers.services import unlocked_seal
from signatures.signing import cms, permissions
from signatures.signing.models import SigningRequest
from signatures.signing.services.sign import Outcome, check_all, keep_signature, lock_requests


def seal_documents(*, shown: Mapping[UUID, str], by: User) -> list[Outcome]:
    """Put the facility's seal on each document over exactly the bytes that were shown; see `sign_requests`.

    No PIN: the seal is opened by this rule for whoever is asked as its keeper and has just proven who they are (the view
    sees to that). Raises Denied, and DomainError without a usable seal.
    """
    demand_armed()
    demand(by, permissions.SEAL)
    requests = lock_requests(shown, by)
    certificate = seal_of(by.facility)
    if certificate is None:
        raise DomainError(_("The facility has no seal."), code="no_seal")
    check_usable(certificate, at=now())
    outcomes = check_all(requests, shown, certificate, seal=True)
    fit = [outcome.request for outcome in outcomes if outcome.is_signed]
    if fit:
        try:
            _seal_all(fit, certificate=certificate, by=by)
        except ProviderDown:
            raise DomainError(
                _("The facility's seal can't be reached; try again later."), code="provider_down"
            ) from None
    return outcomes


def _seal_all(requests: Sequence[SigningRequest], *, certificate: Certificate, by: User) -> None:
    """All values are there before the first row is written."""
    attributes = [cms.signed_attributes(bytes.fromhex(one.digest), certificate.der) for one in requests]
    digests = [cms.digest_of(one) for one in attributes]
    with unlocked_seal(certificate, digests=digests) as key:
        values = key.sign_digests(digests)
    for request, signed, value in zip(requests, attributes, values, strict=True):
        keep_signature(request, certificate=certificate, attributes=signed, value=value, cost=0, by=by)
        detail = {"purpose": "document", "sha256": request.sha256}
        record("seal.use", by=by, of=request, patient=request.version.document.patient, detail=detail)
