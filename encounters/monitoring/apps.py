from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    name = "encounters.monitoring"
    label = "monitoring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("encounters.monitoring.subscribers")
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from encounters.documents.sections import register_section  # noqa: PLC0415
        from encounters.documents.signers import register_author_role  # noqa: PLC0415
        from encounters.monitoring import telling  # noqa: PLC0415
        from encounters.monitoring.official import CHART  # noqa: PLC0415
        from encounters.monitoring.sections import ChartSection  # noqa: PLC0415
        from encounters.monitoring.services import RESPONSES, SCORES  # noqa: PLC0415
        from encounters.orders.selectors.tables import register_rows  # noqa: PLC0415
        from encounters.orders.services import register_table  # noqa: PLC0415
        from encounters.results.permissions import READ, RECORD_VITAL_SIGNS  # noqa: PLC0415
        from encounters.visits.bedside import (  # noqa: PLC0415
            RowAction,
            WristbandPage,
            register_row_action,
            register_wristband_page,
        )

        telling.register()
        register_section(CHART.code, ChartSection())
        register_author_role(CHART.code, CHART.signer)
        register_table(SCORES)
        register_rows(SCORES.name, SCORES.model, ("code", "scale", "sign"))
        register_table(RESPONSES)
        register_rows(RESPONSES.name, RESPONSES.model, ("code", "scale", "words"))
        page = "encounters:monitoring:patient"
        register(
            Link(
                _("Vital signs of the ward"),
                "encounters:monitoring:index",
                right=RECORD_VITAL_SIGNS,
                icon="activity",
                order=25,
            )
        )
        register(
            Section(_("Vital signs"), page, right=READ, scope="encounter", order=15, icon="activity", key="v")
        )
        register(
            Section(
                _("Fluid balance"),
                "encounters:monitoring:fluids",
                right=READ,
                scope="encounter",
                order=16,
                icon="droplet-half",
            )
        )
        # A round is taken here; the table of all numbers and their corrections stays the results' own page.
        register_wristband_page(WristbandPage(url_name=page, right=RECORD_VITAL_SIGNS, order=15))
        register_row_action(
            RowAction(
                name="vital_signs",
                title=_("Vital signs"),
                url_name=page,
                right=RECORD_VITAL_SIGNS,
                icon="activity",
                order=20,
            )
        )
