from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models import CharField, TextField
from django.db.models.signals import post_migrate


class CommonConfig(AppConfig):
    name = "emr.common"
    label = "common"

    def ready(self) -> None:
        from emr.common.grants import grant_after_migrate  # noqa: PLC0415
        from emr.common.lookups import StartsWith  # noqa: PLC0415
        from emr.common.policies import wall_after_migrate  # noqa: PLC0415
        from emr.common.wall import tell_every_connection  # noqa: PLC0415

        post_migrate.connect(grant_after_migrate, dispatch_uid="emr.common.grants")
        post_migrate.connect(wall_after_migrate, dispatch_uid="emr.common.policies")
        connection_created.connect(tell_every_connection, dispatch_uid="emr.common.wall")
        for field in (CharField, TextField):
            field.register_lookup(StartsWith)
