from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "signatures.providers"
    label = "providers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of keys known that this instance has; stand in the administrator's menu."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from signatures.providers import permissions, subscribers  # noqa: F401, PLC0415
        from signatures.providers.base import register_provider  # noqa: PLC0415
        from signatures.providers.pkcs12 import Pkcs12Provider  # noqa: PLC0415

        register_provider(Pkcs12Provider.code, Pkcs12Provider)
        register(
            Link(
                _("Signing keys"),
                "signatures:providers:keys",
                right=permissions.MANAGE,
                icon="key",
                order=82,
            )
        )
