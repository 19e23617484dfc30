"""Orders as a part of the treatment-sheet entry."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from encounters.documents.models import Document, DocumentVersion
from encounters.documents.sections import register_section
from encounters.orders import selectors, services
from encounters.orders.selectors.checking import unanswered
from encounters.orders.selectors.earlier import undecided
from encounters.orders.services.spoken import confirm_with_entry, demand_decided


class OrdersSection:
    """Y lệnh: composed into 36/BV2, in effect when the entry is confirmed."""

    name = "orders"
    print_template = "encounters/orders/_print.html"
    editor_url_name = "encounters:orders:editor"

    def compose(self, document: Document) -> dict[str, Any]:
        orders = selectors.orders_of_entry(document)
        return {"lines": selectors.lines([*orders, *selectors.pending_foreign(document)])}

    def problems(self, document: Document) -> list[str]:
        found = selectors.kept_lines(document)
        found += [alert.message for alert in unanswered(document)]
        found += [
            _("%(text)s was done a short time ago: use that result, or say why it is repeated.")
            % {"text": repeat.text}
            for repeat in undecided(document)
        ]
        return found

    def copy(self, *, source: Document, target: Document, by: User) -> None:
        if selectors.orders_of_entry(target):
            return
        # What was spoken at night stands beside the day's entry, not in its place.
        for entry in selectors.entries_to_carry_on(source, target):
            services.copy_orders(source=entry, target=target, by=by)

    def frozen(self, *, document: Document, version: DocumentVersion, by: User) -> None:
        services.confirm_orders(entry=document, by=by)
        confirm_with_entry(entry=document, by=by)
        lines = version.composition["sections"][self.name]["lines"]
        services.include_foreign(entry=document, shown=[line["uuid"] for line in lines])

    def entered_in_error(self, *, document: Document, by: User, reason: str) -> None:
        demand_decided(document)
        services.void_orders(entry=document, by=by, reason=reason)
        services.release_foreign(entry=document)


def register_sections() -> None:
    """Called when the room is ready."""
    register_section("36/BV2", OrdersSection())
