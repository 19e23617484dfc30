from django.apps import AppConfig


class PreservingConfig(AppConfig):
    name = "signatures.preserving"
    label = "preserving"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of signatures; say on the health page what waits for an authority, and what ends."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from emr.common.health import register_part  # noqa: PLC0415
        from emr.common.measures import from_query, register_measure  # noqa: PLC0415
        from emr.storage.revisions import Keeper, register_keeper  # noqa: PLC0415
        from encounters.documents.signed import register_standings  # noqa: PLC0415
        from signatures.preserving import settings, subscribers  # noqa: F401, PLC0415
        from signatures.preserving.health import trouble  # noqa: PLC0415
        from signatures.preserving.selectors import is_revision, last_revisions, standings_of  # noqa: PLC0415

        register_standings(standings_of)
        register_keeper(Keeper(last=last_revisions, holds=is_revision))
        register_part(
            "preserving",
            trouble,
            title=_("Long-term proof of signatures"),
            advice=_(
                "See whether this server reaches the authorities' OCSP, revocation list and timestamp services."
            ),
        )
        register_measure(
            "emr_preserved_versions",
            "Signed versions and sealed files, by level and what their proof waits for.",
            from_query("SELECT level, problem, count(*) FROM preserving_preservation GROUP BY 1, 2"),
            labels=("level", "problem"),
        )
