"""Operations and procedures of a stay and the reports that are written of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from encounters.documents.models import Document
from encounters.forms.services import answers_of
from encounters.orders.models import Order, ServiceRequest
from encounters.orders.selectors.orders import active_orders, lines
from encounters.visits.models import Encounter, Procedure

# The linkIds under which a report keeps the public ids of what it reports.
PROCEDURE_LINK, ORDER_LINK = "link.procedure", "link.order"
REPORTS = ("06/BV2", "30/BV2", "31/BV2", "32/BV2", "33/BV2")
_ASKED = (Order.Status.ACTIVE, Order.Status.COMPLETED, Order.Status.ON_HOLD)


@dataclass(frozen=True, slots=True)
class Operation:
    """What was done (`procedure`), or is ordered and not written down as done yet (`order`); both where they match."""

    procedure: Procedure | None
    order: ServiceRequest | None
    is_reported: bool

    @property
    def text(self) -> str:
        """Its name."""
        return self.procedure.text if self.procedure else self.order.text if self.order else ""

    @property
    def uuid(self) -> str:
        """The public id to begin a report with."""
        return str((self.procedure or self.order).uuid)  # type: ignore[union-attr]  # one of the two is there

    def is_of(self, uuid: str) -> bool:
        """Whether the public id is of this operation or its order."""
        return uuid in {str(row.uuid) for row in (self.procedure, self.order) if row is not None}


def _linked(documents: Iterable[Document]) -> set[str]:
    found: set[str] = set()
    for document in documents:
        draft = getattr(document, "draft", None)
        version = document.current_version
        contents = [draft.content] if draft else []
        contents += [version.response.resource] if version else []
        for content in contents:
            for link in (PROCEDURE_LINK, ORDER_LINK):
                found |= {str(answer.value) for answer in answers_of(content, link) if answer.value}
    return found


def operations_of(encounter: Encounter) -> list[Operation]:
    """The stay's operations and procedures in their order, then those ordered and not done; three queries.

    An order and a procedure match by code, or else by their words.
    """
    reports = (
        Document.objects.filter(encounter=encounter, code__in=REPORTS)
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .select_related("draft", "current_version__response")
    )
    linked = _linked(reports)
    orders = list(
        ServiceRequest.objects.filter(
            encounter=encounter,
            category=ServiceRequest.Category.PROCEDURE,
            status__in=_ASKED,
            confirmed_at__isnull=False,
        ).order_by("confirmed_at", "pk")
    )
    found: list[Operation] = []
    for procedure in encounter.procedures.filter(status=Procedure.Status.COMPLETED, replaced_by=None):
        order = next((one for one in orders if _is_same(one, procedure)), None)
        orders = [one for one in orders if one is not order]
        ids = {str(procedure.uuid), str(order.uuid) if order else ""}
        found.append(Operation(procedure, order, bool(ids & linked)))
    return found + [Operation(None, order, str(order.uuid) in linked) for order in orders]


def _is_same(order: ServiceRequest, procedure: Procedure) -> bool:
    by_code = bool(procedure.code) and order.code == procedure.code
    return by_code or order.text.casefold() == procedure.text.casefold()


def operation(document: Document) -> Mapping[str, Any]:
    """`%operation` of a form: the one that the document was begun for, else the newest without a report."""
    known = document.about or _kept(document)
    found = operations_of(document.encounter)
    if known:
        one = next((one for one in found if one.is_of(known)), None)
    else:
        one = next((one for one in reversed(found) if not one.is_reported), None)
    if one is None:
        return {}
    procedure, order = one.procedure, one.order
    values: dict[str, Any] = {
        "text": one.text,
        "procedure": str(procedure.uuid) if procedure else "",
        "order": str(order.uuid) if order else "",
    }
    if procedure is not None:
        people: dict[str, list[str]] = {}
        for part in procedure.performers.select_related("practitioner").order_by("pk"):
            people.setdefault(part.role, []).append(part.practitioner.titled_name)
        values |= {role: ", ".join(names) for role, names in people.items()}
        values |= {
            "kind": procedure.kind,
            "code": procedure.code,
            "started_at": procedure.started_at,
            "ended_at": procedure.ended_at,
            "anaesthesia": procedure.anaesthesia,
            "note": procedure.note,
        }
    return {name: value for name, value in values.items() if value not in (None, "")}


def _kept(document: Document) -> str:
    draft = getattr(document, "draft", None) if document.pk else None
    for link in (PROCEDURE_LINK, ORDER_LINK):
        for answer in answers_of(draft.content, link) if draft else []:
            return str(answer.value)
    return ""


def in_effect(document: Document) -> Mapping[str, Any]:
    """`%orders` of a form: what is in effect, a line each; medicines and the rest apart."""
    listed = lines(active_orders(document.encounter))
    medicines = [line["text"] for line in listed if line["category"] == "medication"]
    others = [line["text"] for line in listed if line["category"] != "medication"]
    return {"medicines": "\n".join(medicines), "others": "\n".join(others)}
