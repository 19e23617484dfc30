from contextlib import suppress
from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentsConfig(AppConfig):
    name = "encounters.consents"
    label = "consents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say which forms patients confirm; stand in the chart and in the menu."""
        import_module("encounters.consents.subscribers")
        from emr.common.health import register_part  # noqa: PLC0415
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from encounters.consents import permissions  # noqa: PLC0415
        from encounters.consents.codes import CodeAdapter  # noqa: PLC0415
        from encounters.consents.official import FORMS  # noqa: PLC0415
        from encounters.consents.partners import BadPartners, partners, trouble  # noqa: PLC0415
        from encounters.consents.statements import adapter_for  # noqa: PLC0415
        from encounters.consents.ways import register_adapter  # noqa: PLC0415
        from encounters.documents.confirmed import register_confirmed  # noqa: PLC0415
        from encounters.documents.permissions import READ  # noqa: PLC0415
        from encounters.documents.signers import register_author_role  # noqa: PLC0415

        for form in FORMS.values():
            register_confirmed(form.code)
            register_author_role(form.code, form.signer)
        register_adapter(CodeAdapter())
        with suppress(BadPartners):  # the state page says what is wrong with the file
            for partner in partners():
                register_adapter(adapter_for(partner))
        register_part(
            "confirmation_services",
            trouble,
            title=_("Services and readers that confirm"),
            advice=_("Mend the file that EMR_CONFIRMATION_SERVICES names, then start the programs anew."),
        )
        register(
            Section(
                _("Consents"),
                "encounters:consents:stay",
                right=READ,
                scope="encounter",
                order=32,
                icon="file-earmark-check",
            )
        )
        register(
            Link(
                _("Daily disclosures"),
                "encounters:consents:disclosures",
                right=permissions.TAKE,
                icon="clipboard-check",
                order=43,
                reach="department",
            )
        )
