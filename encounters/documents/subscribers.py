"""Render what was frozen; learn of signatures."""

from emr.outbox import Delivery, subscribe
from encounters.documents import services
from encounters.documents.models import CoursePrint, DocumentVersion
from encounters.documents.services import prints


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
@subscribe("course_print.requested", queue="bulk", long=True, max_attempts=prints.ATTEMPTS)
def render_course(delivery: Delivery) -> None:
    """Make a stay's running treatment sheets."""
    prints.make(delivery, CoursePrint, delivery.payload["course_print_id"], services.render_course_print)
