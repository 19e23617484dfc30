from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CertificatesConfig(AppConfig):
    name = "signatures.certificates"
    label = "certificates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell which certificates run out."""
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.common.measures import from_query, register_measure  # noqa: PLC0415
        from signatures.certificates.health import NUMBERS, certificate_trouble  # noqa: PLC0415

        register_part(
            "certificates",
            certificate_trouble,
            title=_("Signing certificates"),
            advice=_(
                "Renew them with the authority that issued them before that day; afterwards nobody signs by them."
            ),
        )
        register_measure(
            "emr_certificates",
            "Active signing certificates, by purpose and validity.",
            from_query(NUMBERS),
            labels=("purpose", "validity"),
        )
