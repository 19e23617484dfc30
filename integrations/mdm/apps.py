from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MdmConfig(AppConfig):
    name = "integrations.mdm"
    label = "mdm"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Document messages are this room's; what is signed it sends to who asks for it."""
        import_module("integrations.mdm.subscribers")
        from emr.ui.navigation import Section, register  # noqa: PLC0415
        from encounters.documents.permissions import READ  # noqa: PLC0415
        from integrations.hl7v2.inbox import Applier, register_applier  # noqa: PLC0415
        from integrations.mdm.reading import read_mdm  # noqa: PLC0415
        from integrations.mdm.services import apply_mdm  # noqa: PLC0415

        register_applier("MDM", Applier(apply_mdm, lambda message: read_mdm(message).told_at))
        register(
            Section(
                _("Received documents"),
                "integrations:mdm:documents",
                right=READ,
                icon="file-earmark-arrow-down",
                order=32,
            )
        )
