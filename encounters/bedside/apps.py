from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BedsideConfig(AppConfig):
    name = "encounters.bedside"
    label = "bedside"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from encounters.bedside import official, permissions, telling  # noqa: PLC0415
        from encounters.bedside.sections import CareSection, HandoverSection  # noqa: PLC0415
        from encounters.documents.sections import register_section  # noqa: PLC0415
        from encounters.documents.signers import register_author_role  # noqa: PLC0415
        from encounters.visits.bedside import RowAction, register_row_action  # noqa: PLC0415

        register_section(official.CODE, HandoverSection())
        for form in official.CARE.values():
            register_section(form.code, CareSection())
        for form in official.FORMS:
            register_author_role(form.code, form.signer)
        telling.register()
        page = "encounters:bedside:patient"
        register(
            Link(
                _("At the bed"),
                "encounters:bedside:ward",
                right=permissions.READ,
                icon="clipboard2-check",
                key="l",
                order=18,
            )
        )
        register(
            Section(
                _("At the bed"),
                page,
                right=permissions.READ,
                scope="encounter",
                order=14,
                icon="clipboard2-check",
            )
        )
        for title, name, icon, order in (
            (_("Care sheet"), "care", "journal-medical", 17),
            (_("Wounds"), "wounds", "bandaid", 18),
            (_("Check before hand-in"), "check", "clipboard-check", 46),
        ):
            register(
                Section(
                    title,
                    f"encounters:bedside:{name}",
                    right=permissions.READ,
                    scope="encounter",
                    order=order,
                    icon=icon,
                )
            )
        register(
            Link(
                _("Charts to check"),
                "encounters:bedside:checks",
                right=permissions.CHECK,
                icon="clipboard-check",
                order=45,
                reach="department",
            )
        )
        register_row_action(
            RowAction(
                name="bedside",
                title=_("At the bed"),
                url_name=page,
                right=permissions.PERFORM,
                icon="clipboard2-check",
                order=15,
            )
        )
