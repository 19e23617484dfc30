from importlib import import_module

from django.apps import AppConfig


class LisConfig(AppConfig):
    name = "integrations.lis"
    label = "lis"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Result messages and codes of tests are this room's; what happens to orders it tells the neighbours."""
        import_module("integrations.lis.subscribers")
        from integrations.hl7v2.inbox import Applier, register_applier  # noqa: PLC0415
        from integrations.lis import mapping  # noqa: PLC0415
        from integrations.lis.reading import read_oru  # noqa: PLC0415
        from integrations.lis.services import apply_oru  # noqa: PLC0415
        from integrations.transport.catalogues import register_catalogue  # noqa: PLC0415

        register_applier("ORU", Applier(apply_oru, lambda message: read_oru(message).happened_at))
        register_catalogue(mapping.SERVICE, mapping.SERVICES)
        register_catalogue(mapping.UNIT, mapping.UNITS)
