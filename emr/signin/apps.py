from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignInConfig(AppConfig):
    name = "emr.signin"
    label = "signin"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.accounts.permissions import MANAGE  # noqa: PLC0415
        from emr.ui.navigation import Link, register  # noqa: PLC0415

        register(Link(_("Signing in"), "signin:staff", right=MANAGE, icon="person-lock", order=70))
