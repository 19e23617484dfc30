from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoundsConfig(AppConfig):
    name = "encounters.rounds"
    label = "rounds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the head's links of whoever writes entries."""
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from encounters.documents import permissions as documents  # noqa: PLC0415

        register(
            Link(
                _("Ward round"),
                "encounters:rounds:beds",
                right=documents.WRITE,
                icon="people",
                key="h",
                order=42,
            )
        )
