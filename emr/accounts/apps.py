from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "emr.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.accounts import permissions, subjects  # noqa: PLC0415
        from emr.accounts.shipped import load_after_migrate  # noqa: PLC0415
        from emr.audit.subjects import register_people  # noqa: PLC0415
        from emr.ui.navigation import Panel, register  # noqa: PLC0415

        post_migrate.connect(load_after_migrate, sender=self, dispatch_uid="emr.accounts.roles")
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
        register(
            Panel(
                _("Standing in for another department"),
                "accounts:cover_panel",
                right=permissions.COVER,
                icon="arrow-left-right",
                order=60,
            )
        )
        register(
            Panel(
                _("Cover duties"),
                "accounts:cover_review_panel",
                right=permissions.REVIEW_COVER,
                icon="person-check",
                order=26,
                every=60,
            )
        )
