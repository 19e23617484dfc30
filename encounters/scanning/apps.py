from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScanningConfig(AppConfig):
    name = "encounters.scanning"
    label = "scanning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say which forms stand as paper; stand in the menu and in the chart."""
        import_module("encounters.scanning.subscribers")
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from encounters.documents.paper import register_paper  # noqa: PLC0415
        from encounters.documents.pieces import register_pieces  # noqa: PLC0415
        from encounters.scanning import permissions, selectors  # noqa: PLC0415

        register_paper(selectors.paper_documents)
        register_pieces("scanning", selectors.pieces_of)
        register(
            Link(
                _("Paper"),
                "encounters:scanning:desk",
                right=permissions.UPLOAD,
                icon="file-earmark-arrow-up",
                order=46,
            )
        )
        register(
            Section(
                _("Paper"),
                "encounters:scanning:stay",
                right=permissions.READ,
                scope="encounter",
                order=34,
                icon="file-earmark-image",
            )
        )
