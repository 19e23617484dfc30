from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "signatures.providers"
    label = "providers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of keys known that this instance has."""
        from signatures.providers.base import register_provider  # noqa: PLC0415
        from signatures.providers.pkcs12 import Pkcs12Provider  # noqa: PLC0415

        register_provider(Pkcs12Provider.code, Pkcs12Provider)
