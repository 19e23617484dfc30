from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HistoryConfig(AppConfig):
    name = "patients.history"
    label = "history"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Section, register  # noqa: PLC0415
        from patients.history import banner, permissions  # noqa: PLC0415
        from patients.registry.banner import register_banner  # noqa: PLC0415
        from patients.registry.extensions import ChartPanel, register_chart_panel  # noqa: PLC0415

        register(
            Section(
                _("Allergies, history"),
                "patients:history:page",
                right=permissions.READ,
                icon="exclamation-octagon",
                order=10,
            )
        )
        # Whoever may see the patient at all must see the allergy: the banner asks for no further right.
        register_banner("history", banner.allergy_parts, order=20)
        register_chart_panel(
            ChartPanel(
                _("Allergies and history"),
                "patients/history/_panel.html",
                banner.panel_facts,
                right=permissions.READ,
                icon="exclamation-octagon",
                order=10,
            )
        )
