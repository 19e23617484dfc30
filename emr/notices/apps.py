from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "emr.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Open the ways out, hear of facts, know the house's own kinds, stand in the administrator's menu."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from emr.notices import house, permissions, subscribers  # noqa: F401, PLC0415
        from emr.notices.channels import register_channel  # noqa: PLC0415
        from emr.notices.channels.gateway import Gateway  # noqa: PLC0415
        from emr.notices.channels.mail import Mail  # noqa: PLC0415
        from emr.ui.navigation import Link, register  # noqa: PLC0415

        register_channel("email", Mail())
        register_channel("sms", Gateway(_("Text message (SMS)"), "EMR_SMS_URL", "EMR_SMS_TOKEN"))
        register_channel("chat", Gateway(_("Chat"), "EMR_CHAT_URL", "EMR_CHAT_TOKEN"))
        house.register()
        register(
            Link(
                _("Notices and ladders"),
                "notices:kinds",
                right=permissions.MANAGE,
                icon="megaphone",
                order=75,
            )
        )
