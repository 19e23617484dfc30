"""Messages leave the house: once they are owed, when quiet hours end, at least once, never after it is settled."""

from django.db import transaction

from emr.audit.services import record
from emr.common.arming import is_armed
from emr.common.clock import now
from emr.notices.channels import Refused, Unreachable, channel_of
from emr.notices.models import NoticeDelivery
from emr.notices.text import outgoing
from emr.outbox import Delivery, publish

ATTEMPTS = 8
_AT_ONCE = 500


def send_delivery(*, delivery_id: int, owed: Delivery) -> None:
    """Hand one message to its channel and keep how it went.

    The service is asked outside any transaction. A worker killed between its answer and the commit asks again with the
    same id, by which the other side tells a repeated message.
    """
    message = NoticeDelivery.objects.select_related("notice", "user").get(pk=delivery_id)
    if message.status != NoticeDelivery.Status.PREPARATION:
        return
    problem = ""
    channel = channel_of(message.channel)
    if channel is None or not channel.is_set_up():
        problem = "not_set_up"
    else:
        words = outgoing(
            delivery=message.uuid,
            notice=message.notice.uuid,
            number=message.notice.pk,
            level=message.notice.level,
            to=message.address,
            user=message.user,
        )
        try:
            channel.send(words)
        except Refused as refusal:
            problem = refusal.code
        except Unreachable:
            if owed.attempts < ATTEMPTS:
                raise
            problem = "unreachable"
    with owed.finish():
        _keep(message, problem)


def _keep(message: NoticeDelivery, problem: str) -> None:
    message.status = NoticeDelivery.Status.NOT_DONE if problem else NoticeDelivery.Status.COMPLETED
    message.problem = problem
    message.sent_at = None if problem else now()
    message.save(update_fields=["status", "problem", "sent_at"])
    detail = {"number": message.notice_id, "channel": message.channel, "to": message.user_id}
    if problem:
        record("notice.fail", of=message.notice, outcome="failure", detail=detail | {"problem": problem})
    else:
        record("notice.deliver", of=message.notice, detail=detail)


def release_held() -> int:
    """Owe the messages whose quiet hours are over; returns how many. A restored copy owes none."""
    if not is_armed():
        return 0
    with transaction.atomic():
        due = (
            NoticeDelivery.objects.select_for_update(skip_locked=True)
            .filter(status=NoticeDelivery.Status.ON_HOLD, not_before__lte=now())
            .order_by("not_before")[:_AT_ONCE]
        )
        ids = [message.pk for message in due]
        NoticeDelivery.objects.filter(pk__in=ids).update(status=NoticeDelivery.Status.PREPARATION)
        for pk in ids:
            publish("notice_delivery.owed", delivery_id=pk)
    return len(ids)
