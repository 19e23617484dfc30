from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BoardsConfig(AppConfig):
    name = "encounters.boards"
    label = "boards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Show the morning's numbers on the homes of heads, planning office and director."""
        import_module("encounters.boards.subscribers")
        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415
        from encounters.boards import permissions  # noqa: PLC0415

        read = permissions.READ
        register(
            Link(
                _("Boards"),
                "encounters:boards:briefing",
                right=read,
                icon="bar-chart-line",
                key="s",
                order=56,
            )
        )
        register(
            Panel(
                _("Morning briefing"),
                "encounters:boards:panel",
                right=read,
                icon="bar-chart-line",
                order=12,
                every=600,
            )
        )
