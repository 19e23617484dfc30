from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BundlesConfig(AppConfig):
    name = "encounters.bundles"
    label = "bundles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of files that are asked for; stand in the chart and in the menu."""
        import_module("encounters.bundles.subscribers")
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from encounters.bundles import permissions  # noqa: PLC0415

        register(
            Section(
                _("The record as one file"),
                "encounters:bundles:page",
                right=permissions.READ,
                scope="encounter",
                order=90,
                icon="file-earmark-lock",
            )
        )
        register(
            Link(
                _("Extracts of records"),
                "encounters:bundles:extracts",
                right=permissions.EXTRACT,
                icon="scissors",
                order=62,
            )
        )
