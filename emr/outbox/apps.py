from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "emr.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell how much work is owed."""
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.outbox import health  # noqa: PLC0415

        register_part("broker", health.broker, required=False)
        register_part("deliveries", health.deliveries, required=False)
