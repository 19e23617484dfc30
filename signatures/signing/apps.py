from django.apps import AppConfig


class SigningConfig(AppConfig):
    name = "signatures.signing"
    label = "signing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of documents."""
        from signatures.signing import subscribers  # noqa: F401, PLC0415
