"""Signing a day off: who looked through it, what was open then, and what was said about it."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.notices.services import Holders, notify, withdraw_kind
from integrations.reconciling.days import Day
from integrations.reconciling.models import SignedFinding, SignOff
from integrations.reconciling.selectors import board_of, days_owed, has_changed, sign_offs

UNSIGNED = "reconciling.unsigned"
PAGE = "integrations:reconciling:board"
_LONGEST_NOTE, _LONGEST_ONE = 1000, 300


@transaction.atomic
def sign_off(
    *,
    facility: Organization,
    day: Day,
    shown: str,
    note: str,
    notes: Mapping[tuple[str, str, str], str],
    by: User,
) -> SignOff:
    """Keep the day as it is now: counts, open findings, and what is said about each or about all of them.

    `shown` is the fingerprint of what the person had before them; `notes` are by `Finding.id`. A day that changed since is
    signed anew, what was signed before stays. Raises DomainError by `code`: not_over, note_missing (`field` "note");
    Conflict: changed (something has come or gone since the page was shown), unchanged (it is signed off as it is).
    """
    if not day.is_over:
        raise DomainError(_("The day isn't over yet."), code="not_over")
    # Two who sign at once come one after the other; nothing else waits for this lock.
    Organization.objects.select_for_update(no_key=True).get(pk=facility.pk)
    board = board_of(facility, day)
    before = next(iter(sign_offs(facility, day.on)), None)
    if before is not None and not has_changed(board, before):
        raise Conflict(_("The day is signed off as it is."), code="unchanged")
    if board.fingerprint != shown:
        raise Conflict(
            _("Something has come or gone since the page was shown. Look through it once more."),
            code="changed",
        )
    said = {finding.id: notes.get(finding.id, "").strip()[:_LONGEST_ONE] for finding in board.findings}
    if not note.strip() and not all(said.values()):
        raise DomainError(
            _("Say what is done about the open findings: one note for all, or one for each."),
            code="note_missing",
            field="note",
        )
    signed = SignOff.objects.create(
        facility=facility,
        day=day.on,
        version=before.version + 1 if before else 1,
        signed_by=by,
        note=note.strip()[:_LONGEST_NOTE],
        counts=board.counts,
        fingerprint=board.fingerprint,
    )
    SignedFinding.objects.bulk_create(
        (
            SignedFinding(
                facility=facility,
                sign_off=signed,
                kind=finding.kind,
                neighbour=finding.neighbour,
                key=finding.key,
                number=finding.number[:200],
                at=finding.at,
                note=said[finding.id],
            )
            for finding in board.findings
        ),
        batch_size=1000,
    )
    told = {"day": day.on.isoformat(), "version": signed.version, "findings": len(board.findings)}
    record("reconciliation.sign", by=by, of=signed, detail=told)
    tell_owed(facility)
    return signed


def tell_owed(facility: Organization) -> list[dt.date]:
    """Tell the integration staff which days wait to be signed off; nothing is left of it when none does."""
    owed = days_owed(facility, int(facility_setting(facility.pk, "reconciling_sign_hour")))
    key = f"{UNSIGNED}:{owed[-1]:%Y%m%d}" if owed else ""
    if owed:
        notify(
            kind=UNSIGNED,
            key=key,
            facility=facility,
            to=[Holders("integration", facility)],
            parameters={"count": len(owed), "day": f"{owed[0]:%d/%m/%Y}"},
            link=(PAGE,),
        )
    withdraw_kind(facility=facility, kind=UNSIGNED, but=key)
    return owed
