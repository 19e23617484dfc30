"""Papers handed out with a number: discharge paper, summary, sick leave, referral, appointment, death notice."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttestationsConfig(AppConfig):
    name = "encounters.attestations"
    label = "attestations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Number the papers, fill them from the stay; stand in the chart and in the menu."""
        import_module("encounters.attestations.subscribers")
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from encounters.attestations import permissions  # noqa: PLC0415
        from encounters.attestations.kinds import REQUEST  # noqa: PLC0415
        from encounters.attestations.providers import paper  # noqa: PLC0415
        from encounters.attestations.section import register_sections  # noqa: PLC0415
        from encounters.documents.confirmed import register_confirmed  # noqa: PLC0415
        from encounters.forms.services import register_provider  # noqa: PLC0415

        register_provider("paper", paper)
        register_sections()
        register_confirmed(REQUEST)
        register(
            Section(
                _("Papers handed out"),
                "encounters:attestations:stay",
                right=permissions.READ,
                scope="encounter",
                order=34,
                icon="file-earmark-text",
            )
        )
        register(
            Link(
                _("Register of papers"),
                "encounters:attestations:register",
                right=permissions.READ,
                icon="journal-bookmark",
                order=58,
            )
        )
