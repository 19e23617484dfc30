from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "emr.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell how much work is owed."""
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.common.measures import from_query, register_measure  # noqa: PLC0415
        from emr.outbox import health  # noqa: PLC0415

        register_part(
            "redis",
            health.broker,
            title=_("Message broker"),
            advice=_("Start Redis again. Nothing is lost meanwhile: the work waits in the database."),
            is_public=True,
        )
        register_part(
            "deliveries",
            health.deliveries,
            title=_("Background work"),
            advice=_(
                "Late: is the worker running? Given up: “manage.py deliveries” names the reason; mend it,"
                " then “manage.py deliveries --retry”."
            ),
            is_public=True,
        )
        register_measure(
            "emr_outbox_deliveries",
            "Deliveries owed, by queue and state.",
            from_query(health.DEPTH),
            labels=("queue", "state"),
        )
        register_measure(
            "emr_outbox_oldest_seconds", "Age of the oldest delivery that is due.", from_query(health.OLDEST)
        )
