from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EmergencyAccessConfig(AppConfig):
    name = "patients.emergency_access"
    label = "emergency_access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Panel, register  # noqa: PLC0415
        from patients.emergency_access import permissions, telling  # noqa: PLC0415
        from patients.emergency_access.offers import offer  # noqa: PLC0415
        from patients.registry.extensions import register_outside_offer  # noqa: PLC0415

        telling.register()
        register(
            Panel(
                _("Emergency access to review"),
                "patients:emergency_access:panel",
                right=permissions.REVIEW,
                icon="unlock",
                order=25,
                every=60,
            )
        )
        register_outside_offer("patients/emergency_access/_offer.html", offer)
