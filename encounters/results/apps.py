from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResultsConfig(AppConfig):
    name = "encounters.results"
    label = "results"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.notices.watches import register_watch  # noqa: PLC0415
        from emr.ui.navigation import Link, Section, register  # noqa: PLC0415
        from encounters.documents.sections import register_section  # noqa: PLC0415
        from encounters.documents.signers import register_author_role, register_second_signer  # noqa: PLC0415
        from encounters.forms.services import register_provider  # noqa: PLC0415
        from encounters.orders.providers import (  # noqa: PLC0415
            register_creatinine,
            register_earlier_results,
            register_weight,
        )
        from encounters.orders.selectors.tables import register_rows  # noqa: PLC0415
        from encounters.orders.services import register_table  # noqa: PLC0415
        from encounters.results import official, permissions, selectors, settings, subscribers, telling  # noqa: F401, PLC0415
        from encounters.results.sections import ReportSection  # noqa: PLC0415
        from encounters.results.selectors.kidney import latest_creatinine  # noqa: PLC0415
        from encounters.results.selectors.official import second_signer  # noqa: PLC0415
        from encounters.results.selectors.prefilling import summary  # noqa: PLC0415
        from encounters.results.services import late  # noqa: PLC0415
        from encounters.results.services.limits import LIMITS  # noqa: PLC0415
        from encounters.visits.bedside import (  # noqa: PLC0415
            RowAction,
            WristbandPage,
            register_row_action,
            register_wristband_page,
        )

        register_table(LIMITS)
        register_rows(LIMITS.name, LIMITS.model, ("code", "test", "title"))
        for form in official.FORMS.values():
            register_section(form.code, ReportSection())
            register_author_role(form.code, form.signer)
            if form.is_laboratory:
                register_second_signer(form.code, second_signer)
        register_earlier_results(selectors.earlier_results)
        register_creatinine(latest_creatinine)
        register_weight(lambda encounter: selectors.latest_values(encounter).get("weight"))
        telling.register()
        register_watch("results after discharge", late.look)
        register_provider("vital_signs", lambda document: selectors.latest_values(document.encounter))
        register_provider("results", summary)

        for title, scope, url_name in (
            (_("Results"), "encounter", "of_stay"),
            (_("Results of all years"), "patient", "of_patient"),
            (_("Results through time"), "encounter", "table_of_stay"),
        ):
            register(
                Section(
                    title,
                    f"encounters:results:{url_name}",
                    right=permissions.READ,
                    scope=scope,  # type: ignore[arg-type]  # one of the two
                    order=17,
                    icon="clipboard2-pulse",
                )
            )
        register(
            Link(
                _("New results"),
                "encounters:results:inbox",
                right=permissions.ACKNOWLEDGE,
                icon="clipboard2-pulse",
                key="x",
                order=30,
                badge="encounters:results:badge",
            )
        )
        register(
            Link(
                _("Take back a result"),
                "encounters:results:take_back_find",
                right=permissions.TAKE_BACK,
                reach="facility",
                icon="arrow-counterclockwise",
                order=36,
            )
        )
        page, right = "encounters:results:vital_signs", permissions.RECORD_VITAL_SIGNS
        register_wristband_page(WristbandPage(url_name=page, right=right, order=20))
        register_row_action(
            RowAction(
                name="vital_signs",
                title=_("Vital signs"),
                url_name=page,
                right=right,
                icon="activity",
                order=20,
            )
        )
