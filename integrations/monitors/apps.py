from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitorsConfig(AppConfig):
    name = "integrations.monitors"
    label = "monitors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Results of channels that are monitors' are this room's."""
        import_module("integrations.monitors.settings")
        import_module("integrations.monitors.subscribers")
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from integrations.hl7v2.inbox import Applier, register_applier  # noqa: PLC0415
        from integrations.monitors import permissions, reasons  # noqa: PLC0415
        from integrations.monitors.reading import happened_at, is_monitors  # noqa: PLC0415
        from integrations.monitors.services import apply_readings  # noqa: PLC0415
        from integrations.transport.reasons import REASONS  # noqa: PLC0415

        register_applier("ORU", Applier(apply_readings, happened_at, is_monitors))
        REASONS.update(reasons.REASONS)
        register(
            Link(
                _("Monitors"),
                "integrations:monitors:monitors",
                right=permissions.READ,
                icon="heart-pulse",
                order=27,
            )
        )
