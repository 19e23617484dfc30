from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorageConfig(AppConfig):
    name = "emr.storage"
    label = "storage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say whether files can be kept."""
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.common.measures import from_query, register_measure  # noqa: PLC0415
        from emr.storage.health import BACKUP_AGE, backup_trouble  # noqa: PLC0415
        from emr.storage.stores import health  # noqa: PLC0415

        register_part(
            "storage",
            health,
            title=_("Stored files"),
            advice=_(
                "Mend the store that is named (folder, or S3 bucket and its key). Work is tried again by itself."
            ),
            is_public=True,
        )
        register_part(
            "backup",
            backup_trouble,
            title=_("Backup"),
            advice=_(
                "Read the log of the backup, make room or mend the disk, then run “manage.py backup DEST”"
                " by hand. Rehearse a restore every month."
            ),
        )
        register_measure(
            "emr_backup_age_seconds", "Since the last good backup began.", from_query(BACKUP_AGE)
        )
