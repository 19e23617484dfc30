"""The doorbell's other end."""

from celery import shared_task

from emr.outbox import services


@shared_task
def deliver(event_ids: list[int]) -> None:
    """Deliver these outbox events now, in this order; the sweeper rings for them too, so twice must equal once."""
    for event_id in event_ids:
        services.deliver(event_id=event_id)


@shared_task
def sweep() -> None:
    """Find what was missed."""
    services.sweep()


@shared_task
def forget_done() -> None:
    """Remove deliveries done long ago."""
    services.forget_done()
