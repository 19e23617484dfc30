from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InspectionsConfig(AppConfig):
    name = "encounters.inspections"
    label = "inspections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Mark what readers from outside see, say on each line by which mandate, tell of what is owed."""
        from emr.audit.services import register_besides  # noqa: PLC0415
        from emr.ui.marks import register_marker  # noqa: PLC0415
        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415
        from encounters.documents.shown import register_shown  # noqa: PLC0415
        from encounters.inspections import marks, permissions, telling  # noqa: PLC0415

        telling.register()
        register_marker("inspections", marks.mark)
        register_besides("inspections", marks.said_besides)
        register_shown("inspections", marks.shown)
        register(
            Link(
                _("Mandates"),
                "encounters:inspections:list",
                right=permissions.OVERSEE,
                icon="folder-check",
                order=60,
            )
        )
        register(
            Panel(
                _("Inspection mandates"),
                "encounters:inspections:waiting",
                right=permissions.OVERSEE,
                icon="folder-check",
                order=28,
                every=300,
            )
        )
        register(
            Link(
                _("Charts to read"),
                "encounters:inspections:to_read",
                right=permissions.READ,
                icon="journal-text",
                order=10,
                reach="listed",
            )
        )
        register(
            Panel(
                _("Charts to read"),
                "encounters:inspections:to_read",
                right=permissions.READ,
                icon="journal-text",
                order=10,
                width=12,
                every=60,
                reach="listed",
            )
        )
