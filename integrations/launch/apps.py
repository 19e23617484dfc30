from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LaunchConfig(AppConfig):
    name = "integrations.launch"
    label = "launch"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from integrations.launch import permissions  # noqa: PLC0415

        register(
            Link(
                _("Launch from the HIS"),
                "integrations:launch:keys",
                right=permissions.MANAGE,
                icon="box-arrow-in-right",
                order=74,
            )
        )
