from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CompletenessConfig(AppConfig):
    name = "encounters.completeness"
    label = "completeness"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stand in the chart, in the menu and on the home page; say what people are told."""
        from emr.ui.navigation import Link, Panel, Section, register  # noqa: PLC0415
        from encounters.completeness import permissions, telling  # noqa: PLC0415

        telling.register()
        register(
            Section(
                _("Completeness"),
                "encounters:completeness:stay",
                right=permissions.READ,
                scope="encounter",
                order=34,
                icon="list-check",
            )
        )
        register(
            Link(
                _("Record completeness"),
                "encounters:completeness:worklist",
                right=permissions.READ,
                icon="list-check",
                order=45,
            )
        )
        register(
            Link(
                _("Completeness rules"),
                "encounters:completeness:rules",
                right=permissions.RULES,
                icon="ui-checks",
                order=62,
            )
        )
        register(
            Panel(
                _("Missing in my records"),
                "encounters:completeness:mine",
                right=permissions.READ,
                icon="list-check",
                order=27,
                every=300,
                reach="department",
            )
        )
