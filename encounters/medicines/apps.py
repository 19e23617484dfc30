from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MedicinesConfig(AppConfig):
    name = "encounters.medicines"
    label = "medicines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, Panel, Section, register  # noqa: PLC0415
        from encounters.documents.confirmed import register_confirmed  # noqa: PLC0415
        from encounters.documents.daily import register_daily  # noqa: PLC0415
        from encounters.documents.sections import register_section  # noqa: PLC0415
        from encounters.documents.signers import register_author_role  # noqa: PLC0415
        from encounters.medicines import official, permissions, subscribers, telling  # noqa: F401, PLC0415
        from encounters.medicines.disclosing import MedicinesDisclosure  # noqa: PLC0415
        from encounters.medicines.sections import DosesSection  # noqa: PLC0415
        from encounters.medicines.selectors.inflows import inflows_of_infusions  # noqa: PLC0415
        from encounters.medicines.services.tables import PACKAGES, RULES, TIMES  # noqa: PLC0415
        from encounters.orders.selectors.tables import register_rows  # noqa: PLC0415
        from encounters.orders.services import register_table  # noqa: PLC0415
        from encounters.visits.bedside import RowAction, register_row_action  # noqa: PLC0415
        from encounters.visits.fluids import register_inflows  # noqa: PLC0415

        telling.register()
        register_inflows("infusions", inflows_of_infusions)
        for table, searched in (
            (TIMES, ("code", "times")),
            (RULES, ("code", "ingredient", "source")),
            (PACKAGES, ("code", "medicine", "name")),
        ):
            register_table(table)
            register_rows(table.name, table.model, searched)
        for sheet in official.SHEETS.values():
            register_section(sheet.code, DosesSection())
            register_author_role(sheet.code, sheet.signer)
        register_confirmed(official.DISCLOSED.code)
        register_daily(MedicinesDisclosure())
        page = "encounters:medicines:patient"
        register(
            Link(
                _("Medicines to give"),
                "encounters:medicines:ward",
                right=permissions.GIVE,
                icon="capsule-pill",
                key="m",
                order=41,
                reach="department",
            )
        )
        register(
            Link(
                _("Medicine tray"),
                "encounters:medicines:tray",
                right=permissions.PREPARE,
                icon="basket",
                order=41,
                reach="department",
            )
        )
        register(
            Link(
                _("Doses to settle"),
                "encounters:medicines:conflicts",
                right=permissions.SETTLE,
                icon="exclamation-diamond",
                order=44,
                reach="department",
            )
        )
        register(
            Panel(
                _("Medicines to give"),
                "encounters:medicines:due",
                right=permissions.GIVE,
                icon="capsule-pill",
                order=8,
                every=60,
                reach="department",
            )
        )
        register(
            Section(
                _("Medicines given"),
                page,
                right=permissions.READ,
                scope="encounter",
                order=24,
                icon="capsule-pill",
            )
        )
        register_row_action(
            RowAction(
                name="medicines",
                title=_("Medicines"),
                url_name=page,
                right=permissions.GIVE,
                icon="capsule-pill",
                order=10,
            )
        )
