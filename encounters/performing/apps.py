from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PerformingConfig(AppConfig):
    name = "encounters.performing"
    label = "performing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Its tables stand beside those of what may be ordered."""
        import_module("encounters.performing.settings")
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from encounters.orders.selectors.tables import register_rows  # noqa: PLC0415
        from encounters.orders.services import register_table  # noqa: PLC0415
        from encounters.performing import permissions  # noqa: PLC0415
        from encounters.performing.services.catalogue import ANALYTES, PHRASES  # noqa: PLC0415

        for table in (ANALYTES, PHRASES):
            register_table(table)
            register_rows(table.name, table.model, ("code", "service", "title"))
        register(
            Link(
                _("Tests to perform"),
                "encounters:performing:laboratory",
                right=permissions.LABORATORY,
                icon="eyedropper",
                order=12,
            )
        )
        register(
            Link(
                _("Examinations to perform"),
                "encounters:performing:imaging",
                right=permissions.IMAGING,
                icon="camera",
                order=12,
            )
        )
