from django.apps import AppConfig


class HisConfig(AppConfig):
    name = "integrations.his"
    label = "his"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """ADT messages are this room's."""
        from integrations.his.reading import read_adt  # noqa: PLC0415
        from integrations.his.services import apply_adt  # noqa: PLC0415
        from integrations.hl7v2.inbox import Applier, register_applier  # noqa: PLC0415

        register_applier("ADT", Applier(apply_adt, lambda message: read_adt(message).happened_at))
