"""A key in somebody's own USB token becomes their key here, once it has signed something that was made for that."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from signatures.certificates.checks import is_authority
from signatures.certificates.services import register_certificate
from signatures.providers.base import Found
from signatures.providers.models import Credential
from signatures.providers.services.enrolling import choose, place_of, service_of, with_known_issuers
from signatures.providers.services.opening import KeyTrouble, is_by

_SALT = "signatures.providers.agent"
_SECONDS = 300


@dataclass(frozen=True)
class Proposal:
    """The key that this person may take on, and what its token is to sign first: SHA-256 over `challenge`."""

    found: Found
    challenge: str

    @property
    def digest(self) -> bytes:
        """What the token signs; never the digest of a document's attributes, which have no such beginning."""
        return hashlib.sha256(b"benhanmo: this key is mine\0" + self.challenge.encode()).digest()


def propose_key(*, service: str, offered: Sequence[Found], owner: User) -> Proposal:
    """The newest usable key of those that the agent found. Raises DomainError: no such service, no key, or why not."""
    service_of(service, owner.facility, kind="agent")
    people = [one for one in offered if not is_authority(one.certificate)]
    if not people:
        raise KeyTrouble(_("The token in this PC holds no certificate."), code="nothing_found")
    found = choose(people, owner)
    claim = {"owner": owner.pk, "certificate": _fingerprint(found), "once": secrets.token_hex(16)}
    return Proposal(found, signing.dumps(claim, salt=_SALT))


def enrol_agent_key(
    *, service: str, offered: Sequence[Found], challenge: str, value: bytes, owner: User, by: User
) -> Credential:
    """Take on the key that was proposed, whose token has signed the challenge within five minutes.

    Raises DomainError; a refusal is on record, so let the transaction commit.
    """
    try:
        with transaction.atomic():
            return _enrol(service, offered, challenge, value, owner=owner, by=by)
    except DomainError as refusal:
        detail = {"service": service, "reason": refusal.code}
        record("signing_key.enrol", by=by, of=owner, outcome="denied", detail=detail)
        raise


def _enrol(
    service: str, offered: Sequence[Found], challenge: str, value: bytes, *, owner: User, by: User
) -> Credential:
    kept_by = service_of(service, owner.facility, kind="agent")
    try:
        claim = signing.loads(challenge, salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        raise KeyTrouble(_("That took too long. Begin again."), code="challenge_over") from None
    found = next((one for one in offered if _fingerprint(one) == claim["certificate"]), None)
    if found is None or claim["owner"] != owner.pk:
        raise KeyTrouble(_("That took too long. Begin again."), code="challenge_foreign")
    if not is_by(found.certificate, Proposal(found, challenge).digest, value):
        raise KeyTrouble(_("The token's key isn't the certificate's."), code="foreign_value")
    certificate = register_certificate(
        certificate=found.certificate,
        issuers=with_known_issuers(found),
        owner=owner,
        facility=owner.facility,
        by=by,
    )
    credential = Credential.objects.create(
        facility_id=owner.facility_id, certificate=certificate, **place_of(kept_by, found)
    )
    record("signing_key.enrol", by=by, of=credential, detail={"service": service, "provider": "agent"})
    return credential


def _fingerprint(found: Found) -> str:
    return found.certificate.fingerprint(hashes.SHA256()).hex()
