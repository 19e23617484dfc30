from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "encounters.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, Panel, Section, register  # noqa: PLC0415
        from encounters.documents.sections import register_section  # noqa: PLC0415
        from encounters.orders import permissions, telling  # noqa: PLC0415
        from encounters.orders.sections import OrdersSection  # noqa: PLC0415

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
        telling.register()
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
        register_section("36/BV2", OrdersSection())
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
