from django.apps import AppConfig
from django.utils.translation import gettext, gettext_lazy


class SealingConfig(AppConfig):
    name = "signatures.sealing"
    label = "sealing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of extracts, let `verify_audit` walk the seals, say on the health page when a day isn't sealed."""
        from emr.audit.selectors import register_walk  # noqa: PLC0415
        from emr.common.health import register_part  # noqa: PLC0415
        from signatures.sealing import selectors, subscribers  # noqa: F401, PLC0415

        register_walk("seals", selectors.walk_seals, selectors.seal_notes)
        register_part(
            "audit_seal",
            _health,
            title=gettext_lazy("The log's daily seal"),
            advice=gettext_lazy("See whether the facility's seal can be used; missed days are caught up."),
            is_public=True,
        )


def _health() -> str:
    """Empty while the log is sealed up to yesterday; the first hours of a day are there to do it."""
    from emr.common.clock import local_now  # noqa: PLC0415
    from signatures.sealing.selectors import days_to_seal  # noqa: PLC0415

    days = days_to_seal()
    if not days or (len(days) == 1 and local_now().hour < _HOURS):
        return ""
    return gettext("The audit log isn't sealed since %(day)s.") % {"day": days[0]}


_HOURS = 3
