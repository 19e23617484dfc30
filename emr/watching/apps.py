from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WatchingConfig(AppConfig):
    name = "emr.watching"
    label = "watching"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is watched here, and stand in the menu."""
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.common.middleware import register_counter  # noqa: PLC0415
        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415
        from emr.watching import clocks, metrics, permissions, pulses, versions  # noqa: PLC0415

        register_counter(metrics.count_request)
        register_part(
            "worker",
            pulses.silent_workers,
            title=_("Worker and beat"),
            advice=_(
                "Start the program that is silent again (docker-compose up -d, or make run) and read its log."
            ),
            is_public=True,
        )
        register_part(
            "clock",
            clocks.trouble,
            title=_("Clocks"),
            advice=_(
                "Let the machine named keep time by the hospital's time server (chrony, systemd-timesyncd)."
                " Times in the record are the server's."
            ),
        )
        register_part(
            "versions",
            versions.trouble,
            title=_("Program versions"),
            advice=_(
                "Upgrade what is named: versions below these have known holes. See the guide, “Upgrading”."
            ),
        )
        house = "watching"
        register(
            Link(
                _("State of the system"),
                f"{house}:status",
                right=permissions.READ,
                icon="heart-pulse",
                key="w",
                order=75,
            )
        )
        register(
            Panel(
                _("What is broken"),
                f"{house}:panel",
                right=permissions.READ,
                icon="heart-pulse",
                order=5,
                every=60,
            )
        )
