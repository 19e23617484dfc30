from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransportConfig(AppConfig):
    name = "integrations.transport"
    label = "transport"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415
        from integrations.transport import permissions, watching  # noqa: PLC0415

        watching.register()
        house = "integrations:transport"
        register(
            Link(
                _("Channels"),
                f"{house}:channels",
                right=permissions.CHANNELS,
                icon="diagram-3",
                key="i",
                order=70,
            )
        )
        register(
            Link(
                _("Messages"), f"{house}:messages", right=permissions.READ, icon="envelope", key="m", order=71
            )
        )
        register(
            Link(
                _("Dead letters"),
                f"{house}:dead_letters",
                right=permissions.READ,
                icon="envelope-exclamation",
                key="d",
                order=72,
            )
        )
        register(
            Panel(
                _("Messages that need a person"),
                f"{house}:dead_letter_panel",
                right=permissions.READ,
                order=10,
                every=30,
            )
        )
