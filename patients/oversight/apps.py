from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    name = "patients.oversight"
    label = "oversight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the menu, on the home page and in the chart of those who answer for it; hold months of the log back."""
        from emr.audit import permissions as audit  # noqa: PLC0415
        from emr.audit.retention import register_hold  # noqa: PLC0415
        from emr.ui.navigation import Link, Panel, Section, register  # noqa: PLC0415
        from patients.oversight import permissions  # noqa: PLC0415
        from patients.oversight.holds import records_still_kept  # noqa: PLC0415

        register_hold("records", records_still_kept)
        register(
            Link(
                _("Look-ups to review"),
                "patients:oversight:findings",
                right=permissions.REVIEW,
                icon="binoculars",
                order=81,
            )
        )
        register(
            Link(
                _("Who opened a chart"),
                "patients:oversight:answer_by_number",
                right=audit.READ,
                icon="person-lines-fill",
                order=82,
            )
        )
        register(
            Panel(
                _("Look-ups to review"),
                "patients:oversight:waiting",
                right=permissions.REVIEW,
                icon="binoculars",
                order=30,
                every=300,
            )
        )
        register(
            Section(
                _("Who opened this chart"),
                "patients:oversight:answer",
                right=permissions.ANSWER,
                icon="person-lines-fill",
                order=95,
            )
        )
