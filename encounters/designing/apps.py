from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DesigningConfig(AppConfig):
    name = "encounters.designing"
    label = "designing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the menu."""
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from encounters.designing import permissions  # noqa: PLC0415

        register(
            Link(
                _("Design of forms"),
                "encounters:designing:forms",
                right=permissions.READ,
                icon="file-earmark-ruled",
                order=88,
            )
        )
