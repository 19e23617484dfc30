from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ComplianceConfig(AppConfig):
    name = "emr.compliance"
    label = "compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear what each room has to show (its `compliance.py`); stand in the menu."""
        from emr.compliance import permissions  # noqa: PLC0415
        from emr.ui.navigation import Link, register  # noqa: PLC0415

        autodiscover_modules("compliance")
        register(
            Link(
                _("What the law asks"),
                "compliance:page",
                right=permissions.READ,
                icon="clipboard-check",
                order=85,
            )
        )
