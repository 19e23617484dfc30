from django.apps import AppConfig
from django.utils.translation import gettext, gettext_lazy


class SealingConfig(AppConfig):
    name = "signatures.sealing"
    label = "sealing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of extracts and confirmations, let `verify_audit` walk the seals, say on the health page what waits."""
        from emr.audit.selectors import register_walk  # noqa: PLC0415
        from emr.common.health import register_part  # noqa: PLC0415
        from encounters.bundles.seals import Keeper, register_keeper  # noqa: PLC0415
        from encounters.consents.seals import register_seals  # noqa: PLC0415
        from signatures.sealing import selectors, subscribers  # noqa: F401, PLC0415
        from signatures.sealing.services.files import demand_seal, note_seal, seal_file  # noqa: PLC0415

        register_keeper(Keeper(demand=demand_seal, put=seal_file, note=note_seal))
        register_seals(selectors.seals_of)
        register_walk("seals", selectors.walk_seals, selectors.seal_notes)
        register_part(
            "audit_seal",
            _health,
            title=gettext_lazy("The log's daily seal"),
            advice=gettext_lazy("See whether the facility's seal can be used; missed days are caught up."),
            is_public=True,
        )
        register_part(
            "confirmation_seal",
            _confirmations,
            title=gettext_lazy("Seals on patients' confirmations"),
            advice=gettext_lazy(
                "See whether the facility's seal can be used; what waits is sealed by itself then."
            ),
        )
        register_part(
            "paper_seal",
            _papers,
            title=gettext_lazy("Seals on scanned paper"),
            advice=gettext_lazy(
                "See whether the facility's seal can be used; what waits is sealed by itself then."
            ),
        )


def _health() -> str:
    """Empty while the log is sealed up to yesterday; the first hours of a day are there to do it."""
    from emr.common.clock import local_now  # noqa: PLC0415
    from signatures.sealing.selectors import days_to_seal  # noqa: PLC0415

    days = days_to_seal()
    if not days or (len(days) == 1 and local_now().hour < _HOURS):
        return ""
    return gettext("The audit log isn't sealed since %(day)s.") % {"day": days[0]}


def _confirmations() -> str:
    """Empty while confirmations are sealed within the hour."""
    from datetime import timedelta  # noqa: PLC0415

    from signatures.sealing.selectors import unsealed_count  # noqa: PLC0415

    count = unsealed_count(timedelta(hours=1))
    return (
        gettext("%(n)d confirmations of patients wait for the facility's seal.") % {"n": count}
        if count
        else ""
    )


def _papers() -> str:
    """Empty while accepted paper is sealed within the hour."""
    from datetime import timedelta  # noqa: PLC0415

    from signatures.sealing.selectors import unsealed_count  # noqa: PLC0415

    count = unsealed_count(timedelta(hours=1), "paper.accepted")
    return gettext("%(n)d scanned papers wait for the facility's seal.") % {"n": count} if count else ""


_HOURS = 3
