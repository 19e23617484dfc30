from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SwitchingConfig(AppConfig):
    name = "encounters.switching"
    label = "switching"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the menu; say what people are told."""
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from encounters.switching import permissions, telling  # noqa: PLC0415

        telling.register()
        register(
            Link(
                _("Switching wards"),
                "encounters:switching:wards",
                right=permissions.OVERSEE,
                icon="signpost-split",
                order=80,
            )
        )
        register(
            Link(
                _("Rules for electronic records"),
                "encounters:switching:regulation",
                right=permissions.READ,
                icon="file-earmark-ruled",
                order=95,
            )
        )
