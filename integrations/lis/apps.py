from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LisConfig(AppConfig):
    name = "integrations.lis"
    label = "lis"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Results, words about our orders and codes of tests are its own; what happens to orders it tells the neighbours."""
        import_module("integrations.lis.subscribers")
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from integrations.hl7v2.inbox import Applier, register_applier  # noqa: PLC0415
        from integrations.lis import mapping, permissions  # noqa: PLC0415
        from integrations.lis.reading import read_oru  # noqa: PLC0415
        from integrations.lis.services import apply_oru, apply_status  # noqa: PLC0415
        from integrations.lis.statuses import is_status, read_statuses  # noqa: PLC0415
        from integrations.transport.catalogues import register_catalogue  # noqa: PLC0415

        register_applier("ORU", Applier(apply_oru, lambda message: read_oru(message).happened_at))
        words = Applier(apply_status, lambda message: read_statuses(message).happened_at, is_status)
        for code in ("ORM", "OML", "ORR", "ORL"):
            register_applier(code, words)
        register(
            Link(
                _("Corrected results"),
                "integrations:lis:identities",
                right=permissions.CONFIRM_IDENTITY,
                icon="person-check",
                order=40,
                badge="integrations:lis:identity_badge",
            )
        )
        register_catalogue(mapping.SERVICE, mapping.SERVICES)
        register_catalogue(mapping.UNIT, mapping.UNITS)
