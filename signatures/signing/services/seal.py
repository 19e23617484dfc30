"""The facility's seal: used by rules, for bytes with a purpose."""

import hashlib
from enum import StrEnum

from django.db import models, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.arming import demand_armed
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates.checks import check_usable
from signatures.certificates.selectors import seal_of
from signatures.providers.base import ProviderDown
from signatures.providers.services import unlocked_seal
from signatures.signing import cms


class Purpose(StrEnum):
    """What the seal may be put on; anything else is refused."""

    CLAIM = "claim"
    BUNDLE = "bundle"
    AUDIT_HEAD = "audit-head"
    ARCHIVE = "archive"
    AUDIT_EXTRACT = "audit-extract"
    CONFIRMATION = "confirmation"


@transaction.atomic
def sign_bytes(
    data: bytes,
    *,
    purpose: Purpose,
    facility: Organization,
    by: User | None = None,
    of: models.Model | None = None,
) -> bytes:
    """A detached CMS signature (CAdES baseline B, DER) of the facility's seal over `data`.

    `by` is the person whose action led to the rule, when there is one. Raises DomainError without a usable seal.
    """
    demand_armed()
    certificate = seal_of(facility)
    if certificate is None:
        raise DomainError(_("The facility has no seal."), code="no_seal")
    check_usable(certificate, at=now())
    attributes = cms.signed_attributes(hashlib.sha256(data).digest(), certificate.der)
    digests = [cms.digest_of(attributes)]
    try:
        with unlocked_seal(certificate, digests=digests) as key:
            (value,) = key.sign_digests(digests)
    except ProviderDown:
        raise DomainError(
            _("The facility's seal can't be reached; try again later."), code="provider_down"
        ) from None
    record(
        "seal.use",
        by=by,
        of=of or certificate,
        detail={"purpose": Purpose(purpose).value, "sha256": hashlib.sha256(data).hexdigest()},
    )
    return cms.signed_data(
        attributes=attributes, signature=value, certificate=certificate.der, chain=certificate.chain_der
    )
