from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "emr.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.audit import permissions, spool  # noqa: PLC0415
        from emr.audit.health import PENDING, chain_trouble  # noqa: PLC0415
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.common.measures import from_query, register_measure  # noqa: PLC0415
        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415

        register_part(
            "audit_spool",
            spool.health,
            title=_("The log while the database is full"),
            advice=_(
                "Make room on the database's volume; then see that the worker runs: it takes the lines in."
            ),
            is_public=True,
        )
        read = permissions.READ
        register(Link(_("Audit log"), "audit:log", right=read, icon="journal-check", key="n", order=80))
        register(
            Panel(_("The log today"), "audit:today", right=read, icon="journal-check", order=10, every=60)
        )
        register_part(
            "audit_chain",
            chain_trouble,
            title=_("Audit log"),
            advice=_(
                "Is the worker running? If it is, look into its log: EMR_HOME/audit must be writable."
                " Then run “manage.py verify_audit”."
            ),
        )
        register_measure("emr_audit_unlinked", "Lines of the log not linked yet.", from_query(PENDING))
