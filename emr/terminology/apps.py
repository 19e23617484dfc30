from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from emr.ui.navigation import Link, register


class TerminologyConfig(AppConfig):
    name = "emr.terminology"
    label = "terminology"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Show the catalogues to who keeps them."""
        from emr.terminology import permissions  # noqa: PLC0415

        register(
            Link(
                _("Catalogues"),
                "terminology:catalogues",
                right=permissions.MANAGE,
                icon="journal-code",
                order=80,
            )
        )
