from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReconcilingConfig(AppConfig):
    name = "integrations.reconciling"
    label = "reconciling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from integrations.reconciling import watching  # noqa: PLC0415
        from integrations.transport import permissions  # noqa: PLC0415

        watching.register()
        register(
            Link(
                _("Reconciliation"),
                "integrations:reconciling:board",
                right=permissions.READ,
                icon="check2-square",
                order=73,
            )
        )
