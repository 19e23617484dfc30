from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "emr.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.audit import permissions, spool  # noqa: PLC0415
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415

        register_part("audit_spool", spool.health, required=False)
        read = permissions.READ
        register(Link(_("Audit log"), "audit:log", right=read, icon="journal-check", key="n", order=80))
        register(
            Panel(_("The log today"), "audit:today", right=read, icon="journal-check", order=10, every=60)
        )
