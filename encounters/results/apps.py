from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResultsConfig(AppConfig):
    name = "encounters.results"
    label = "results"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Section, register  # noqa: PLC0415
        from encounters.forms.services import register_provider  # noqa: PLC0415
        from encounters.results import permissions, selectors  # noqa: PLC0415

        register_provider("vital_signs", lambda document: selectors.latest_values(document.encounter))

        register(
            Section(
                _("Vital signs"),
                "encounters:results:vital_signs",
                right=permissions.READ,
                scope="encounter",
                order=15,
                icon="activity",
                key="v",
            )
        )
