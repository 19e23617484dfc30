from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    name = "encounters.documents"
    label = "documents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Panel, Section, register  # noqa: PLC0415
        from encounters.documents import permissions, subscribers  # noqa: F401, PLC0415
        from encounters.documents.models import Document  # noqa: PLC0415
        from encounters.documents.providers import register_all  # noqa: PLC0415
        from encounters.documents.selectors import ENTRY, has_signed_record  # noqa: PLC0415
        from encounters.visits.bedside import (  # noqa: PLC0415
            RowAction,
            WristbandPage,
            register_row_action,
            register_wristband_page,
        )
        from encounters.visits.clinical_data import register_clinical_data  # noqa: PLC0415
        from encounters.visits.record_types import register_settled  # noqa: PLC0415

        register_all()
        register_settled(has_signed_record)
        register_clinical_data(
            "documents",
            lambda encounter_id: Document.objects.filter(
                encounter_id=encounter_id, current_version__isnull=False
            ).exists(),
            title=_("clinical documents"),
        )
        register_wristband_page(
            WristbandPage(url_name="encounters:documents:course", right=permissions.WRITE, order=10)
        )
        register_row_action(
            RowAction(
                name="entry",
                title=_("Today's sheet"),
                url_name="encounters:documents:begin",
                right=permissions.WRITE,
                icon="journal-plus",
                order=10,
                posts={"code": ENTRY, "copy": "1"},
            )
        )
        register(
            Section(
                _("Course of treatment"),
                "encounters:documents:course",
                right=permissions.READ,
                scope="encounter",
                order=20,
                icon="journal-medical",
                key="d",
            )
        )
        register(
            Section(
                _("Documents"),
                "encounters:documents:list",
                right=permissions.READ,
                scope="encounter",
                order=30,
                icon="file-earmark-text",
            )
        )
        register(
            Panel(
                _("To finish and sign"),
                "encounters:documents:unfinished",
                right=permissions.NOTE,
                order=20,
                icon="pen",
                every=30,
            )
        )
        register(
            Panel(
                _("Signatures overdue"),
                "encounters:documents:overdue_panel",
                right=permissions.OVERSEE,
                order=25,
                icon="hourglass-bottom",
                every=60,
            )
        )
