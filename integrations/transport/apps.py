from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransportConfig(AppConfig):
    name = "integrations.transport"
    label = "transport"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("integrations.transport.subscribers")
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.common.measures import from_query, register_measure  # noqa: PLC0415
        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415
        from integrations.transport import health, permissions, watching  # noqa: PLC0415
        from integrations.transport.readers import register_reader  # noqa: PLC0415
        from integrations.transport.rows import RowReader  # noqa: PLC0415

        register_part(
            "channels",
            health.channel_trouble,
            title=_("Channels"),
            advice=_(
                "Start the listener that is silent again. The channels' page says which neighbour is away, and since when."
            ),
            is_public=True,
        )
        register_part(
            "messages",
            health.message_trouble,
            title=_("Messages of neighbours"),
            advice=_("Work through the dead letters. Late ones: is the worker running?"),
        )
        register_part(
            "intakes",
            health.intake_trouble,
            title=_("Folders and databases of neighbours"),
            advice=_("Is the share mounted, is the database on? The channels' page says what is wrong."),
        )
        register_part(
            "listener_certificate",
            health.listener_trouble,
            title=_("Certificate of the HL7 listener"),
            advice=_("Renew the file that EMR_MLLP_TLS_CERT names and start the listener again."),
        )
        register_measure(
            "emr_hl7_messages", "Messages by state.", from_query(health.STATES), labels=("state",)
        )
        register_measure(
            "emr_hl7_received_last_hour",
            "Messages received within the hour, by channel.",
            from_query(health.RECEIVED),
            labels=("channel",),
        )
        register_measure(
            "emr_hl7_outgoing_queue",
            "Messages that wait to be sent, by channel.",
            from_query(health.OUTGOING),
            labels=("channel",),
        )
        register_measure(
            "emr_hl7_outgoing_oldest_seconds",
            "Age of the oldest message that waits to be sent, by channel.",
            from_query(health.OUTGOING_AGE),
            labels=("channel",),
        )
        register_measure("emr_hl7_dead_letters", "Messages that need a person.", from_query(health.DEAD))

        register_reader("sql", RowReader())
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
