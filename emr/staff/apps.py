from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "emr.staff"
    label = "staff"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the menu of who looks after people, and of who reads the table of roles."""
        from emr.accounts.permissions import MANAGE  # noqa: PLC0415
        from emr.staff import permissions, subscribers, telling  # noqa: F401, PLC0415
        from emr.ui.navigation import Link, register  # noqa: PLC0415

        telling.register()
        register(Link(_("Administration"), "staff:index", right=MANAGE, icon="sliders", order=70))
        register(Link(_("Staff"), "staff:people", right=MANAGE, icon="person-badge", order=71))
        register(
            Link(
                _("Table of roles"),
                "staff:matrix",
                right=permissions.READ_ROLES,
                icon="grid-3x3",
                order=72,
            )
        )
