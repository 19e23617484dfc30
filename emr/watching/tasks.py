"""The slow doors of this room."""

from celery import shared_task

from emr.watching import pulses, services


@shared_task
def beat(name: str) -> None:
    """This queue is worked on."""
    pulses.beat(name)


@shared_task
def look_around() -> None:
    """Write down what changed."""
    services.look_around()
