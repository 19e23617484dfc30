"""Render what was frozen; learn of signatures."""

import time

from emr.outbox import Delivery, subscribe
from emr.outbox.registry import LeaseLost
from encounters.documents import services
from encounters.documents.models import CoursePrint, DocumentVersion

_ATTEMPTS = 4
_TELL_EVERY = 2.0  # seconds: how often the waiting page asks


@subscribe("document_version.finalized", queue="interactive", long=True)
def render(delivery: Delivery) -> None:
    """Render outside any transaction; the bytes, their row and "done" are committed together."""
    version = DocumentVersion.objects.select_related("document", "facility", "response__questionnaire").get(
        pk=delivery.payload["document_version_id"]
    )
    pdf = services.render_version(version)
    with delivery.finish():
        services.store_rendering(version=version, pdf=pdf)


@subscribe("document_version.signed", queue="interactive")
def signed(delivery: Delivery) -> None:
    """A signature was embedded."""
    services.mark_signed(version=DocumentVersion.objects.get(pk=delivery.payload["document_version_id"]))


# In bulk: the sheets of a long stay take a minute, and nobody's signature waits behind them.
@subscribe("course_print.requested", queue="bulk", long=True, max_attempts=_ATTEMPTS)
def render_course(delivery: Delivery) -> None:
    """Make a stay's running treatment sheets, tell how far they are, keep them once."""
    course_print_id = delivery.payload["course_print_id"]
    told_at, pages = 0.0, 0

    def tell(laid_out: int) -> None:
        nonlocal told_at, pages
        pages = laid_out
        if time.monotonic() - told_at >= _TELL_EVERY:
            services.report_progress(course_print_id=course_print_id, pages=pages)
            delivery.renew()
            told_at = time.monotonic()

    try:
        tell(0)
        pdf = services.render_course_print(CoursePrint.objects.get(pk=course_print_id), tell)
    except services.CalledOff:
        return
    except LeaseLost:
        raise  # another worker makes it
    except Exception:
        if delivery.attempts >= _ATTEMPTS:
            services.fail_course_print(course_print_id=course_print_id)
        raise
    with delivery.finish():
        services.store_course_print(course_print_id=course_print_id, pdf=pdf, pages=pages)
