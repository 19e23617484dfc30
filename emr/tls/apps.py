from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TlsConfig(AppConfig):
    name = "emr.tls"
    label = "tls"

    def ready(self) -> None:
        """Tell when the server's certificate runs out."""
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.tls.health import certificate_trouble  # noqa: PLC0415

        register_part(
            "tls",
            certificate_trouble,
            title=_("Certificate of the web server"),
            advice=_(
                "“manage.py tls renew”, or the hospital's own new certificate; then start the proxy again."
                " When it runs out, no browser opens a page."
            ),
        )
