from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "encounters.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, Panel, Section, register  # noqa: PLC0415
        from encounters.documents.grave import register_grave  # noqa: PLC0415
        from encounters.documents.sections import register_source_rule  # noqa: PLC0415
        from encounters.forms.services import register_provider  # noqa: PLC0415
        from encounters.orders import permissions, subscribers, telling  # noqa: F401, PLC0415
        from encounters.orders.sections import register_sections  # noqa: PLC0415
        from encounters.orders.selectors import operations, prescriptions  # noqa: PLC0415
        from encounters.visits.bedside import RowAction, register_row_action  # noqa: PLC0415

        worklist, right = "encounters:orders:worklist", permissions.READ
        register(Link(_("Orders"), worklist, right=right, icon="list-check", key="o", order=40))
        register(
            Link(
                _("What may be ordered"),
                "encounters:orders:tables",
                right=permissions.CONFIGURE,
                icon="card-list",
                order=85,
            )
        )
        register(
            Panel(
                _("Orders in effect"),
                "encounters:orders:today",
                right=right,
                icon="list-check",
                order=15,
                every=60,
                reach="facility",
            )
        )
        register_sections()
        for control in (prescriptions.Control.NARCOTIC, prescriptions.Control.PSYCHOTROPIC):
            register_grave(prescriptions.FORMS[control])
        register_provider("operation", operations.operation)
        register_provider("orders", operations.in_effect)
        register_source_rule("spoken orders", lambda found: found.filter(spoken_order=None))
        telling.register()
        for title, url_name, needed, icon, order in (
            (_("Medicines to review"), "encounters:orders:pharmacy", permissions.REVIEW, "capsule", 38),
            (_("Panels and order sets"), "encounters:orders:sets", permissions.EDIT_SETS, "collection", 84),
            (
                _("Repeated tests avoided"),
                "encounters:orders:savings",
                permissions.READ_SAVINGS,
                "recycle",
                86,
            ),
        ):
            register(Link(title, url_name, right=needed, icon=icon, order=order))
        register(
            Panel(
                _("Medicines to review"),
                "encounters:orders:pharmacy_panel",
                right=permissions.REVIEW,
                icon="capsule",
                order=5,
                every=60,
            )
        )
        register(
            Panel(
                _("The pharmacist asks"),
                "encounters:orders:pharmacy_asks",
                right=permissions.PLACE,
                icon="capsule",
                order=13,
                every=60,
            )
        )
        register(
            Section(
                _("Prescriptions"),
                "encounters:orders:prescriptions",
                right=permissions.READ,
                scope="encounter",
                order=27,
                icon="prescription2",
            )
        )
        register_row_action(
            RowAction(
                name="spoken_order",
                title=_("Spoken order"),
                url_name="encounters:orders:spoken_new",
                right=permissions.RECORD_SPOKEN,
                icon="megaphone",
                order=30,
            )
        )
        register(
            Panel(
                _("Spoken orders to confirm"),
                "encounters:orders:spoken_panel",
                right=permissions.PLACE,
                icon="megaphone",
                order=12,
                every=60,
            )
        )
        register(
            Panel(
                _("Orders that were refused"),
                "encounters:orders:refusals_panel",
                right=permissions.PLACE,
                icon="exclamation-octagon",
                order=12,
                every=60,
            )
        )
        register(
            Link(
                _("Spoken orders"),
                "encounters:orders:spoken",
                right=right,
                icon="megaphone",
                order=42,
                reach="department",
            )
        )
        register(
            Section(
                _("Orders"),
                "encounters:orders:of_stay",
                right=permissions.READ,
                scope="encounter",
                order=25,
                icon="list-check",
            )
        )
