"""What people do with a notice: see it, take it on; and what ends it when its cause is gone."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.notices.kinds import Answer
from emr.notices.models import Notice, NoticeDelivery, NoticeRecipient


def _own_copy(notice: Notice, user: User) -> tuple[Notice, NoticeRecipient]:
    """The notice under its lock, so that two who answer at once come one after the other, and the person's copy."""
    # Who closed it is read afterwards: joined, the row waited for would come with the name from before the wait.
    locked = Notice.objects.select_for_update().get(pk=notice.pk)
    copy = NoticeRecipient.objects.filter(notice=locked, user=user).first()
    if copy is None:
        raise DomainError(_("This notice was sent to others."), code="not_a_recipient")
    return locked, copy


@transaction.atomic
def see(*, notice: Notice, by: User) -> None:
    """The person has read it: the banner and its sound end for them. A second time changes nothing."""
    notice, copy = _own_copy(notice, by)
    if copy.seen_at is not None:
        return
    copy.seen_at = now()
    if notice.answer == Answer.NONE:
        copy.is_open = False
    copy.save(update_fields=["seen_at", "is_open"])
    record("notice.see", by=by, of=notice, detail={"number": notice.pk, "kind": notice.kind})
    _close_when_all_answered(notice, by)


@transaction.atomic
def acknowledge(*, notice: Notice, by: User) -> None:
    """The person takes it on; where one is enough it is closed for everybody and climbs no further.

    Raises Conflict when somebody else was first, and DomainError when nothing is asked any more.
    """
    notice, copy = _own_copy(notice, by)
    if not notice.is_active:
        if notice.closed_by is not None and notice.closed_by != by:
            told = _("%(name)s has already taken this on.") % {"name": notice.closed_by.full_name}
            raise Conflict(told, code="already_acknowledged")
        raise DomainError(_("Nothing is left to do about this notice."), code="closed")
    if copy.acknowledged_at is not None:
        return
    copy.acknowledged_at = now()
    copy.seen_at = copy.seen_at or copy.acknowledged_at
    copy.is_open = False
    copy.save(update_fields=["acknowledged_at", "seen_at", "is_open"])
    record("notice.acknowledge", by=by, of=notice, detail={"number": notice.pk, "kind": notice.kind})
    if notice.answer == Answer.ONE:
        _close(notice, Notice.Status.COMPLETED, by)
    else:
        _close_when_all_answered(notice, by)


def _close_when_all_answered(notice: Notice, by: User) -> None:
    if notice.is_active and not notice.recipients.filter(is_open=True).exists():
        _close(notice, Notice.Status.COMPLETED, by)


def _close(notice: Notice, status: Notice.Status, by: User | None) -> None:
    """End it: nothing is asked of anybody, the ladder ends, messages that haven't left stay here."""
    notice.status, notice.closed_at, notice.closed_by, notice.next_step_at = status, now(), by, None
    notice.save(update_fields=["status", "closed_at", "closed_by", "next_step_at"])
    notice.recipients.filter(is_open=True).update(is_open=False)
    waiting = [NoticeDelivery.Status.PREPARATION, NoticeDelivery.Status.ON_HOLD]
    notice.deliveries.filter(status__in=waiting).update(status=NoticeDelivery.Status.STOPPED)


@transaction.atomic
def withdraw(*, facility: Organization, key: str, by: User | None = None) -> bool:
    """The cause is gone: an open notice is taken back, and the next one under this key is new. Whether there was one."""
    notice = Notice.objects.select_for_update().filter(facility=facility, key=key, cause_gone_at=None).first()
    if notice is None:
        return False
    notice.cause_gone_at = now()
    notice.save(update_fields=["cause_gone_at"])
    if notice.is_active:
        _close(notice, Notice.Status.REVOKED, by)
        record("notice.withdraw", by=by, of=notice, detail={"number": notice.pk, "kind": notice.kind})
    return True


def withdraw_kind(*, facility: Organization, kind: str, but: str = "") -> None:
    """The causes of every notice of a kind are gone, but for the one under this key."""
    keys = Notice.objects.filter(facility=facility, kind=kind, cause_gone_at=None).exclude(key=but)
    for key in list(keys.values_list("key", flat=True)):
        withdraw(facility=facility, key=key)
