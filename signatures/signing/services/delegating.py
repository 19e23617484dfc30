"""Somebody countersigns for somebody else: given by the person themselves, for days, and taken back at once."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from signatures.signing import delegations, permissions
from signatures.signing.models import Delegation, SigningRequest
from signatures.signing.selectors import BLOCKS, may_countersign
from signatures.signing.services.requests import ask_to_prepare, capacity_for, part_in

LONGEST_DAYS = 92  # an absence; whoever leaves for longer has a successor


@transaction.atomic
def delegate_signing(
    *,
    principal: User,
    delegate: User,
    manner: str,
    starts_on: dt.date,
    ends_on: dt.date,
    reason: str,
) -> Delegation:
    """Let somebody countersign in one's own place, both days included; what waits already goes over when it begins.

    The delegate must hold the right to sign wherever the principal does, and passes it on to nobody (Decree 30/2020/NĐ-CP,
    Art. 13). Raises DomainError by `code`: past, ends_before, too_long, no_reason, beyond, away, overlaps.
    """
    _check_days(starts_on, ends_on)
    if not reason.strip():
        raise DomainError(_("Say by which decision, or why."), code="no_reason", field="reason")
    if not delegations.may_stand_in(delegate, principal):
        raise DomainError(
            _("%(name)s doesn't hold the right to sign everywhere where you do.")
            % {"name": delegate.full_name},
            code="beyond",
            field="delegate",
        )
    if delegations.between(delegate, starts_on, ends_on).exists():
        raise DomainError(
            _("%(name)s has let somebody else sign in these days.") % {"name": delegate.full_name},
            code="away",
            field="delegate",
        )
    try:
        with transaction.atomic():
            given = Delegation.objects.create(
                facility_id=principal.facility_id,
                principal=principal,
                delegate=delegate,
                manner=Delegation.Manner(manner),
                starts_on=starts_on,
                ends_on=ends_on,
                reason=reason.strip()[:200],
            )
    except IntegrityError:
        raise DomainError(
            _("Somebody signs for you in these days already; take that back first."),
            code="overlaps",
            field="starts_on",
        ) from None
    detail = {"delegate": delegate.pk, "manner": manner, "from": str(starts_on), "until": str(ends_on)}
    record("delegation.give", by=principal, of=given, detail=detail)
    hand_over(principal.facility)
    return given


def _check_days(starts_on: dt.date, ends_on: dt.date) -> None:
    if starts_on < local_today():
        raise DomainError(_("This day is over."), code="past", field="starts_on")
    if ends_on < starts_on:
        raise DomainError(_("The last day lies before the first."), code="ends_before", field="ends_on")
    if (ends_on - starts_on).days >= LONGEST_DAYS:
        raise DomainError(
            _("At most %(days)d days; who is away for longer has a successor.") % {"days": LONGEST_DAYS},
            code="too_long",
            field="ends_on",
        )


@transaction.atomic
def revoke_delegation(*, delegation: Delegation, by: User) -> Delegation:
    """Take it back at once; what the delegate hasn't signed comes back. Twice equals once."""
    row = Delegation.objects.select_for_update(of=("self",)).select_related("facility").get(pk=delegation.pk)
    if row.revoked_at is None:
        row.revoked_at = now()
        row.save(update_fields=["revoked_at"])
        record("delegation.revoke", by=by, of=row, detail={"delegate": row.delegate_id})
        hand_over(row.facility)
    return row


@transaction.atomic
def hand_over(facility: Organization) -> int:
    """Put open requests before whoever is to sign them today: the delegate, or the principal again. Answers how many moved.

    Called when a delegation is given or taken back, and by the clock when its first and last day come.
    """
    away = {given.principal_id: given for given in delegations.in_force(facility.pk)}
    rows = (
        SigningRequest.objects.select_for_update(of=("self",))
        .select_related(
            "version__document__patient", "version__document__department", "signer", "on_behalf_of"
        )
        .filter(
            Q(on_behalf_of__isnull=False)
            | (Q(signer__in=list(away)) & ~Q(signer=F("version__author"))),  # nobody is author for another
            facility=facility,
            status__in=SigningRequest.OPEN,
            is_seal=False,
        )
        .defer("tail", "version__composition")
        .order_by("pk")
    )
    return sum(_move(row, away.get(row.principal_id)) for row in rows)


def _move(row: SigningRequest, given: Delegation | None) -> bool:
    principal = row.on_behalf_of or row.signer
    if given is not None and not _is_fit(given.delegate, row):
        given = None
    signer = given.delegate if given is not None else principal
    if signer.pk == row.signer_id and (given.pk if given else None) == row.delegation_id:
        return False
    row.signer, row.delegation = signer, given
    row.on_behalf_of = principal if given is not None else None
    part = part_in(row.version, row.step, row.chain_position)
    row.capacity = capacity_for(signer, row.version.document, given, part=part)
    # What was prepared carries the other's name.
    row.status, row.problem = SigningRequest.Status.PENDING, ""
    row.base_revision = row.certificate = row.tail = row.prepared_at = row.expires_at = None
    row.sha256 = row.digest = ""
    row.save(
        update_fields=[
            *("signer", "delegation", "on_behalf_of", "capacity", "status", "problem", "base_revision"),
            *("certificate", "tail", "sha256", "digest", "prepared_at", "expires_at"),
        ]
    )
    detail = {"signer": signer.pk, "for": principal.pk if given else None}
    record("signing_request.transfer", of=row, patient=row.version.document.patient, detail=detail)
    ask_to_prepare(row)
    return True


def _is_fit(delegate: User, row: SigningRequest) -> bool:
    """Nobody signs twice on one document, their own included, nor what they may not see."""
    document = row.version.document
    if row.version.author_id == delegate.pk or not delegate.has_right(permissions.SIGN):
        return False
    asked = SigningRequest.objects.filter(BLOCKS | Q(status="completed"), version=row.version_id)
    mine = asked.filter(Q(signer=delegate) | Q(on_behalf_of=delegate)).exclude(pk=row.pk)
    return not mine.exists() and may_countersign(delegate, document)
