from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "patients.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.audit.subjects import register_subjects  # noqa: PLC0415
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from patients.registry import permissions  # noqa: PLC0415
        from patients.registry.subjects import own_numbers, patient_named, patients_with_number  # noqa: PLC0415

        register_subjects(patients_with_number, own_numbers, named=patient_named)

        register(
            Link(
                _("Patients"),
                "patients:registry:search",
                right=permissions.SEARCH,
                icon="people",
                key="p",
                order=10,
            )
        )
        register(
            Link(
                _("Register"),
                "patients:registry:register",
                right=permissions.REGISTER,
                icon="person-plus",
                key="r",
                order=11,
            )
        )
        register(
            Section(
                _("Overview"), "patients:registry:chart", right=permissions.READ, icon="person-vcard", order=1
            )
        )
        register(
            Section(
                _("Personal data"),
                "patients:registry:edit",
                right=permissions.UPDATE,
                icon="pencil",
                order=90,
            )
        )
        register(
            Section(
                _("Same person?"),
                "patients:registry:merge_choose",
                right=permissions.MERGE,
                icon="link-45deg",
                order=91,
            )
        )
        register(
            Section(
                _("Confidentiality"),
                "patients:registry:restrict",
                right=permissions.RESTRICT,
                icon="shield-lock",
                order=92,
            )
        )
