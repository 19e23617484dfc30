from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SpecimensConfig(AppConfig):
    name = "encounters.specimens"
    label = "specimens"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from emr.ui.navigation import Link, Panel, Section, register  # noqa: PLC0415
        from encounters.orders.providers import register_progress  # noqa: PLC0415
        from encounters.specimens import permissions, selectors  # noqa: PLC0415
        from encounters.visits.bedside import RowAction, register_row_action  # noqa: PLC0415

        register_progress(selectors.progress_of)
        worklist, page = "encounters:specimens:worklist", "encounters:specimens:of_stay"
        register(
            Link(_("Specimens"), worklist, right=permissions.COLLECT, icon="droplet-half", key="t", order=42)
        )
        register(
            Link(
                _("Specimens arriving"),
                "encounters:specimens:reception",
                right=permissions.RECEIVE,
                icon="box-arrow-in-down",
                order=43,
            )
        )
        register(
            Panel(
                _("Specimens to collect"),
                "encounters:specimens:due",
                right=permissions.COLLECT,
                icon="droplet-half",
                order=20,
                every=60,
                reach="department",
            )
        )
        register(
            Section(
                _("Specimens"),
                page,
                right=permissions.COLLECT,
                scope="encounter",
                order=26,
                icon="droplet-half",
            )
        )
        register_row_action(
            RowAction(
                name="specimens",
                title=_("Specimens"),
                url_name=page,
                right=permissions.COLLECT,
                icon="droplet-half",
                order=30,
            )
        )
