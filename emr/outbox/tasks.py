"""The doorbell's other end."""

from celery import shared_task

from emr.outbox import services


@shared_task
def deliver(event_id: int) -> None:
    """Deliver one outbox event now; the sweeper rings for it too, so twice must equal once."""
    services.deliver(event_id=event_id)


@shared_task
def sweep() -> None:
    """Find what was missed."""
    services.sweep()


@shared_task
def forget_done() -> None:
    """Remove deliveries done long ago."""
    services.forget_done()
