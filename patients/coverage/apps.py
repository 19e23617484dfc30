from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoverageConfig(AppConfig):
    name = "patients.coverage"
    label = "coverage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Section, register  # noqa: PLC0415
        from patients.coverage import banner, permissions  # noqa: PLC0415
        from patients.coverage.services import keep_insurance_card  # noqa: PLC0415
        from patients.registry.banner import register_banner  # noqa: PLC0415
        from patients.registry.extensions import (  # noqa: PLC0415
            ChartPanel,
            register_card_keeper,
            register_chart_panel,
        )

        register(
            Section(
                _("Insurance"),
                "patients:coverage:page",
                right=permissions.READ,
                icon="credit-card-2-front",
                order=80,
            )
        )
        register_banner("coverage", banner.payer_parts, order=30)
        register_card_keeper("coverage", keep_insurance_card)
        register_chart_panel(
            ChartPanel(
                _("Insurance"),
                "patients/coverage/_panel.html",
                banner.panel_facts,
                right=permissions.READ,
                icon="credit-card-2-front",
                order=20,
            )
        )
