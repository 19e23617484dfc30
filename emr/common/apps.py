from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommonConfig(AppConfig):
    name = "emr.common"
    label = "common"

    def ready(self) -> None:
        from emr.common.grants import grant_after_migrate  # noqa: PLC0415

        post_migrate.connect(grant_after_migrate, dispatch_uid="emr.common.grants")
