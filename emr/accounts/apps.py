from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "emr.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.accounts import permissions, subjects  # noqa: PLC0415
        from emr.audit.subjects import register_people  # noqa: PLC0415
        from emr.ui.navigation import Panel, register  # noqa: PLC0415

        register_people(subjects.staff_named, subjects.described)
        register(
            Panel(
                _("The house"),
                "accounts:house",
                right=permissions.MANAGE,
                icon="building",
                order=10,
                every=60,
            )
        )
