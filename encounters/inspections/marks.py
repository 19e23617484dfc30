"""Whose eyes these are, over everything that a reader from outside is shown: on pages and in copies of PDFs (R-31)."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.context import acting
from emr.ui.marks import Mark
from emr.ui.navigation import address
from encounters.documents.models import Document
from encounters.inspections import permissions
from encounters.inspections.access import mandates_in_force
from encounters.inspections.models import Mandate
from encounters.inspections.selectors import mandate_of_look
from patients.registry.models import Patient

TEMPLATE = "encounters/inspections/_mark.html"


def is_reader(user: object) -> bool:
    """Whether this person reads by mandates; costs no query."""
    return isinstance(user, User) and user.is_listed_only(permissions.READ)


def words_of(reader: User, mandates: list[Mandate]) -> str:
    """Name, organisation, letter, and this very minute."""
    papers = [
        _("%(organisation)s, letter no. %(letter)s")
        % {"organisation": mandate.organisation, "letter": mandate.letter_number}
        for mandate in mandates
    ]
    moment = f"{timezone.localtime(now()):%d/%m/%Y %H:%M}"
    return " · ".join([reader.titled_name, *dict.fromkeys(papers), moment])


def mark(request: HttpRequest, patient: Any) -> Mark | None:
    """The watermark of a page; of a patient's page by the mandate that lists them, else by all in force."""
    reader = getattr(request, "user", None)
    if not isinstance(reader, User) or not is_reader(reader):
        return None
    if not isinstance(patient, Patient):
        return Mark(words_of(reader, list(mandates_in_force(reader).order_by("pk")[:3])), TEMPLATE)
    mandate = mandate_of_look(reader, patient.pk)
    watch = address("encounters:inspections:watch", patient.uuid)
    return Mark(words_of(reader, [mandate] if mandate else []), TEMPLATE, watch)


def said_besides(by: User, patient_id: int) -> dict[str, Any]:
    """For each line of the log about a patient: the number of the mandate by which a reader from outside looks."""
    # Of anybody but who stands at the door the rights aren't asked for the log's sake.
    if acting().user_id != by.pk or not is_reader(by):
        return {}
    mandate = mandate_of_look(by, patient_id)
    return {"mandate": mandate.number} if mandate else {}


def shown(user: User, document: Document, pdf: bytes) -> bytes | None:
    """The stamped copy that a reader from outside is shown; the staff see the bytes themselves."""
    if not is_reader(user):
        return None
    from encounters.inspections.stamping import stamped  # noqa: PLC0415  # WeasyPrint is loaded by who prints

    mandate = mandate_of_look(user, document.patient_id)
    return stamped(pdf, words_of(user, [mandate] if mandate else []))
