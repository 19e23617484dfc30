"""Keys are added and revoked; a link is believed once, and opens what its person may see anyway."""

import base64
import datetime as dt
import re
import secrets

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common import wall
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.storage import keys
from integrations.launch import selectors, tokens
from integrations.launch.models import Launch, LaunchKey
from integrations.launch.tokens import Claimed, Refused

# How long the browser may take to answer "somebody else is signed in here".
OPEN_FOR = dt.timedelta(minutes=2)
# A used link is refused for its age alone long before its row goes; the rows show how the connection is used.
KEPT_FOR = dt.timedelta(days=90)
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,40}\Z")


@transaction.atomic
def add_key(
    *,
    issuer: str,
    key_id: str,
    public_key: str = "",
    names_by: str = LaunchKey.Names.USERNAME,
    may_sign_in: bool = True,
    by: User,
    secret: bytes | None = None,
) -> tuple[LaunchKey, str]:
    """A neighbour's key; without a public key a secret is made, and answered this once, in base64url.

    `secret` is the demo's alone, whose neighbour knows it already. Raises DomainError.
    """
    if not _KEY_ID.match(key_id):
        raise DomainError(_("Letters, digits, dots and hyphens, 40 at most."), code="key_id", field="key_id")
    if LaunchKey.objects.filter(facility_id=by.facility_id, issuer=issuer, key_id=key_id).exists():
        raise DomainError(
            _("There is a key of this name already; give the new one another."), code="taken", field="key_id"
        )
    row = LaunchKey(
        facility_id=by.facility_id,
        issuer=issuer,
        key_id=key_id,
        names_by=names_by,
        may_sign_in=may_sign_in,
        added_by=by,
    )
    shown = ""
    if public_key.strip():
        try:
            row.algorithm = tokens.algorithm_of(public_key)
        except ValueError as error:
            raise DomainError(
                _("A public key in PEM is needed: P-256, or RSA of 2048 bits or more."),
                code="bad_key",
                field="public_key",
            ) from error
        row.public_key = public_key.strip()
    else:
        secret = secret or secrets.token_bytes(tokens.SECRET_BYTES)
        row.algorithm = LaunchKey.Algorithm.HS256
        row.sealed_secret, row.sealed_by = keys.wrap(secret)
        shown = base64.urlsafe_b64encode(secret).decode().rstrip("=")
    row.save()
    record("launch_key.add", by=by, of=row, detail={"issuer": issuer, "kid": key_id, "alg": row.algorithm})
    return row, shown


@transaction.atomic
def revoke_key(*, key: LaunchKey, by: User) -> None:
    """Links signed by it open nothing any more, beginning with the next."""
    changed = LaunchKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now(), revoked_by=by)
    if changed:
        record("launch_key.revoke", by=by, of=key)


@transaction.atomic
def rewrap_secrets(facility_id: int) -> int:
    """After `EMR_FILE_KEY` got a new first key: wrap the facility's secrets under it. Returns how many."""
    old = LaunchKey.objects.select_for_update().filter(facility_id=facility_id, sealed_secret__isnull=False)
    changed = [key for key in old if key.sealed_by != keys.current()]
    for key in changed:
        key.sealed_secret, key.sealed_by = keys.wrap(_key_bytes(key))
        key.save(update_fields=["sealed_secret", "sealed_by"])
    return len(changed)


def _key_bytes(key: LaunchKey) -> bytes:
    if key.sealed_secret is None:
        return key.public_key.encode()
    return keys.unwrap(bytes(key.sealed_secret), key.sealed_by)


def receive(token: str) -> Launch:
    """Believe a link, once: who is meant, what is opened. Raises Refused; either way a line in the log says so.

    The link comes before its person is known, so it says itself whose work begins (`aud`), and its key proves it.
    """
    claimed: Claimed | None = None
    facility: Organization | None = None
    try:
        claimed = tokens.peek(token)
        facility = Organization.objects.filter(
            kind=Organization.Kind.FACILITY, code=claimed.facility_code, is_active=True
        ).first()
        if facility is None:
            raise Refused("wrong_audience")
        with wall.within(facility.pk):
            return _believe(token, claimed, facility)
    except Refused as refusal:
        said = {"iss": claimed.issuer, "kid": claimed.key_id} if claimed else {}
        record(
            "launch.refuse",
            of=facility,
            outcome="denied",
            detail={"reason": refusal.reason, **said, **refusal.detail},
        )
        raise


@transaction.atomic
def _believe(token: str, claimed: Claimed, facility: Organization) -> Launch:
    key = selectors.key_in_force(facility, claimed.issuer, claimed.key_id)
    if key is None:
        raise Refused("unknown_key")
    moment = now()
    claims = tokens.read(
        token, algorithm=key.algorithm, key=_key_bytes(key), claimed=claimed, at=moment.timestamp()
    )
    if Launch.objects.filter(facility=facility, issuer=claims.issuer, jti=claims.jti).exists():
        raise Refused("used", jti=claims.jti)
    user = selectors.person(key, claims.subject)
    if user is None:
        raise Refused("unknown_person")
    if selectors.is_guarded(user):
        raise Refused("guarded_person", user=user.pk)
    patient = selectors.patient_of(facility, claims.patient)
    if patient is None:
        raise Refused("unknown_patient", user=user.pk)
    stay = selectors.stay_of(patient, claims.encounter)
    try:
        with transaction.atomic():
            launch = Launch.objects.create(
                facility=facility,
                key=key,
                issuer=claims.issuer,
                jti=claims.jti,
                user=user,
                patient=patient,
                encounter_uuid=stay.uuid if stay is not None else None,
                arrived_at=moment,
                open_until=moment + OPEN_FOR,
            )
    except IntegrityError as error:  # of two at one instant the second waited for the first
        raise Refused("used", jti=claims.jti) from error
    return launch


@transaction.atomic
def open_launch(launch: Launch) -> None:
    """The link's browser goes on to the chart; a second time, or too late, it doesn't. Raises Refused."""
    moment = now()
    opened = Launch.objects.filter(pk=launch.pk, opened_at=None, open_until__gt=moment)
    if not opened.update(opened_at=moment):
        reason = (
            "used" if Launch.objects.filter(pk=launch.pk, opened_at__isnull=False).exists() else "too_old"
        )
        raise Refused(reason)
    record(
        "launch.open",
        by=launch.user,
        of=launch,
        detail={"iss": launch.issuer, "kid": launch.key.key_id, "jti": launch.jti},
    )


def forget_old(facility_id: int) -> int:
    """Remove links of long ago; returns how many."""
    with wall.within(facility_id):
        return Launch.objects.filter(facility_id=facility_id, arrived_at__lt=now() - KEPT_FOR).delete()[0]
