from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoadingConfig(AppConfig):
    name = "integrations.loading"
    label = "loading"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("integrations.loading.subscribers")
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from encounters.visits.permissions import READ  # noqa: PLC0415
        from integrations.loading import permissions  # noqa: PLC0415

        register(
            Link(
                _("First load"),
                "integrations:loading:loads",
                right=permissions.LOAD,
                icon="box-arrow-in-down",
                order=75,
            )
        )
        register(
            Section(
                _("Past stays (HIS)"),
                "integrations:loading:past_stays",
                right=READ,
                icon="clock-history",
                order=21,
            )
        )
