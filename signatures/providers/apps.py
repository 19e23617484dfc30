from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "signatures.providers"
    label = "providers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of keys known that this instance has; stand in the administrator's menu."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from emr.common.health import register_part  # noqa: PLC0415
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from signatures.providers import permissions, subscribers, telling  # noqa: F401, PLC0415
        from signatures.providers.agent import AgentProvider  # noqa: PLC0415
        from signatures.providers.base import register_provider  # noqa: PLC0415
        from signatures.providers.csc import CscProvider  # noqa: PLC0415
        from signatures.providers.health import trouble_of_services  # noqa: PLC0415
        from signatures.providers.pkcs11 import Pkcs11Provider  # noqa: PLC0415
        from signatures.providers.pkcs12 import Pkcs12Provider  # noqa: PLC0415

        register_provider(Pkcs12Provider.code, Pkcs12Provider)
        register_provider(Pkcs11Provider.code, Pkcs11Provider)
        register_provider(CscProvider.code, CscProvider)
        register_provider(AgentProvider.code, AgentProvider)
        telling.register()
        register_part(
            "key services",
            trouble_of_services,
            title=_("Keepers of signing keys"),
            advice=_("Correct the file that EMR_KEY_SERVICES names; docs/signing.md has its words."),
        )
        register(
            Link(
                _("Signing keys"),
                "signatures:providers:keys",
                right=permissions.MANAGE,
                icon="key",
                order=82,
            )
        )
