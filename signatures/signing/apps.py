from django.apps import AppConfig


class SigningConfig(AppConfig):
    name = "signatures.signing"
    label = "signing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of documents; stand in the menu and on the home page."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415
        from signatures.signing import permissions, subscribers  # noqa: F401, PLC0415

        register(
            Link(
                _("Signing"),
                "signatures:signing:tray",
                right=permissions.SIGN,
                icon="pen",
                key="k",
                order=40,
                badge="signatures:signing:count",
            )
        )
        register(
            Panel(
                _("Waiting for my signature"),
                "signatures:signing:waiting",
                right=permissions.SIGN,
                icon="pen",
                order=20,
                every=30,
            )
        )
