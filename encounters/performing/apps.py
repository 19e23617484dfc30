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
        from encounters.performing.services.catalogue import (  # noqa: PLC0415
            ANALYTES,
            ANTIBIOTICS,
            ORGANISMS,
            PHRASES,
            REFLEXES,
        )

        for table, searched in (
            (ANALYTES, "service"),
            (PHRASES, "service"),
            (ORGANISMS, "panel"),
            (ANTIBIOTICS, "panel"),
            (REFLEXES, "service"),
        ):
            register_table(table)
            register_rows(
                table.name, table.model, ("code", searched, "title" if table is not REFLEXES else "reason")
            )
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
