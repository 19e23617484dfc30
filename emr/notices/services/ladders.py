"""A facility's own ladders."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts import roles
from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.notices.kinds import EXTERNAL, TOLD, Step, kind_of
from emr.notices.models import LadderStep, Notice
from emr.notices.selectors import ladder_of
from emr.notices.services.telling import next_step_at

LONGEST_MINUTES = 14 * 24 * 60


@transaction.atomic
def save_ladder(*, facility: Organization, kind: str, steps: Sequence[Step], by: User) -> None:
    """Replace the facility's ladder for a kind; open notices of it climb the new one."""
    _refuse_nonsense(kind, steps)
    LadderStep.objects.filter(facility=facility, kind=kind).delete()
    for step in sorted(steps, key=lambda step: step.after_minutes):
        LadderStep.objects.create(
            facility=facility,
            kind=kind,
            after_minutes=step.after_minutes,
            audience=step.audience,
            channels=list(step.channels),
        )
    record(
        "ladder.change",
        by=by,
        of=facility,
        detail={
            "kind": kind,
            "steps": [f"+{s.after_minutes} {s.audience} {','.join(s.channels)}" for s in steps],
        },
    )
    _climb_anew(facility, kind)


@transaction.atomic
def forget_ladder(*, facility: Organization, kind: str, by: User) -> None:
    """Back to the ladder that the kind brings."""
    LadderStep.objects.filter(facility=facility, kind=kind).delete()
    record("ladder.change", by=by, of=facility, detail={"kind": kind, "steps": "as delivered"})
    _climb_anew(facility, kind)


def _refuse_nonsense(kind: str, steps: Sequence[Step]) -> None:
    if kind_of(kind) is None:
        raise DomainError(_("There is no such kind of notice."), code="unknown_kind")
    if not any(step.after_minutes == 0 and step.audience == TOLD for step in steps):
        raise DomainError(
            _("The first rung is those concerned, at once: without it nobody would be told."), code="no_first"
        )
    if len({(step.after_minutes, step.audience) for step in steps}) != len(steps):
        raise DomainError(_("Two rungs name the same people at the same time."), code="twice")
    known = {code for code, _name in roles.CHOICES} | {TOLD}
    for step in steps:
        if step.audience not in known or set(step.channels) - set(EXTERNAL):
            raise DomainError(_("There is no such role or channel."), code="unknown")
        if not 0 <= step.after_minutes <= LONGEST_MINUTES:
            raise DomainError(_("A rung is at most 14 days after the beginning."), code="too_late")


def _climb_anew(facility: Organization, kind: str) -> None:
    """Open notices keep the rungs they have climbed; the time of the next one follows the new ladder."""
    ladder = ladder_of(facility.pk, kind)
    open_ones = Notice.objects.select_for_update().filter(
        facility=facility, kind=kind, status=Notice.Status.ACTIVE
    )
    for notice in open_ones.order_by("pk"):
        notice.next_step_at = next_step_at(notice, ladder)
        notice.save(update_fields=["next_step_at"])
