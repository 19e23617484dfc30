from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "encounters.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say above every chart where its record stands, list what waits, listen for results that come late."""
        import_module("encounters.records.subscribers")
        from emr.ui.navigation import Link, Panel, Section, register  # noqa: PLC0415
        from encounters.records import permissions, telling  # noqa: PLC0415
        from encounters.records.banner import record_parts  # noqa: PLC0415
        from patients.registry.banner import register_banner  # noqa: PLC0415

        telling.register()
        register_banner("records", record_parts, order=35)
        read = permissions.READ
        register(
            Link(_("Records"), "encounters:records:list", right=read, icon="journal-check", key="e", order=55)
        )
        register(
            Panel(
                _("Records to finish"),
                "encounters:records:panel",
                right=read,
                icon="journal-check",
                order=27,
                every=300,
            )
        )
        register(
            Section(
                _("The record's way"),
                "encounters:records:record",
                right=read,
                icon="journal-check",
                order=7,
                scope="encounter",
            )
        )
