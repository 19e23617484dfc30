from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PhrasesConfig(AppConfig):
    name = "encounters.phrases"
    label = "phrases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the menu."""
        from emr.ui.navigation import Link, register  # noqa: PLC0415
        from encounters.phrases import permissions  # noqa: PLC0415

        register(
            Link(
                _("Typing shortcuts"),
                "encounters:phrases:list",
                right=permissions.USE,
                icon="chat-square-quote",
                order=85,
            )
        )
