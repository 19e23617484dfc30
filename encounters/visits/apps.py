from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VisitsConfig(AppConfig):
    name = "encounters.visits"
    label = "visits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, Panel, Section, register  # noqa: PLC0415
        from encounters.visits import permissions  # noqa: PLC0415
        from encounters.visits.banner import stay_parts  # noqa: PLC0415
        from encounters.visits.bedside import read_wristband  # noqa: PLC0415
        from encounters.visits.clinical_data import register_clinical_data  # noqa: PLC0415
        from encounters.visits.selectors.stays import (  # noqa: PLC0415
            chart_facts,
            has_clinical_data,
            patients_by_number,
            patients_with_code,
        )
        from patients.registry.banner import register_banner  # noqa: PLC0415
        from patients.registry.extensions import (  # noqa: PLC0415
            ChartPanel,
            register_chart_panel,
            register_code_reader,
            register_exact_number,
        )
        from patients.registry.selectors import register_number_provider  # noqa: PLC0415

        read, beds = permissions.READ, permissions.BEDS
        register(Link(_("Ward"), "encounters:visits:ward", right=read, icon="list-ul", key="w", order=20))
        register(
            Link(_("Beds"), "encounters:visits:beds", right=beds, icon="grid-3x3-gap", key="b", order=30)
        )
        register(
            Panel(
                _("My ward"),
                "encounters:visits:ward_panel",
                right=permissions.BEDS,
                icon="people",
                order=10,
                every=60,
                reach="department",
            )
        )
        register(
            Panel(
                _("The hospital today"),
                "encounters:visits:hospital",
                right=read,
                icon="hospital",
                order=10,
                every=60,
                reach="facility",
            )
        )
        register(
            Panel(
                _("Admitted today"),
                "encounters:visits:today",
                right=read,
                icon="box-arrow-in-right",
                order=30,
                every=60,
            )
        )
        register(Section(_("Stays"), "encounters:visits:of_patient", right=read, icon="hospital", order=20))
        register(
            Section(
                _("This stay"),
                "encounters:visits:detail",
                right=read,
                icon="clipboard2",
                order=5,
                scope="encounter",
            )
        )
        register_banner("visits", stay_parts, order=30)
        register_chart_panel(
            ChartPanel(
                _("Stays"), "encounters/visits/_panel.html", chart_facts, right=read, icon="hospital", order=5
            )
        )
        register_code_reader("visits", read_wristband)
        register_exact_number("visits", patients_with_code)
        register_number_provider("visits", patients_by_number)
        register_clinical_data("visits", has_clinical_data, title=_("diagnoses or procedures"))
