from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "emr.storage"
    label = "storage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say whether files can be kept."""
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.storage.stores import health  # noqa: PLC0415

        register_part("files", health, required=False)
