from django.apps import AppConfig


class SigningConfig(AppConfig):
    name = "signatures.signing"
    label = "signing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of documents; stand in the menu and on the home page."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from emr.common.health import register_part  # noqa: PLC0415
        from emr.common.measures import from_query, register_measure  # noqa: PLC0415
        from emr.notices.watches import register_watch  # noqa: PLC0415
        from emr.ui.navigation import Link, Panel, register  # noqa: PLC0415
        from encounters.documents.signed import register_signatures, register_waiting  # noqa: PLC0415
        from signatures.signing import permissions, selectors, subscribers, telling, watching  # noqa: F401, PLC0415
        from signatures.signing.waiting import waiting_by  # noqa: PLC0415

        register_signatures(selectors.signatures_of)
        register_waiting(waiting_by)
        telling.register()
        register_watch("signing desk", watching.look)
        register_part(
            "signing",
            _health,
            title=_("Digital signing"),
            advice=_(
                "Look into the worker's log and at EMR_TRUST_ROOTS and EMR_TSA_URL; then"
                " “manage.py deliveries --retry”."
            ),
            is_public=True,
        )
        register_measure(
            "emr_signing_requests",
            "Documents that wait for a signature, by state.",
            from_query("SELECT status, count(*) FROM signing_signingrequest GROUP BY 1"),
            labels=("state",),
        )
        register(
            Link(
                _("Signing"),
                "signatures:signing:tray",
                right=permissions.SIGN,
                icon="pen",
                key="k",
                order=40,
                badge="signatures:signing:count",
            )
        )
        register(
            Link(
                _("Signing chains"),
                "signatures:signing:chains",
                right=permissions.CHAINS,
                icon="signpost-split",
                order=72,
            )
        )
        register(
            Panel(
                _("Waiting for my signature"),
                "signatures:signing:waiting",
                right=permissions.SIGN,
                icon="pen",
                order=20,
                every=30,
            )
        )


def _health() -> str:
    """Empty when documents can be signed: some authority is trusted, and nothing has given up or waits too long."""
    from datetime import timedelta  # noqa: PLC0415

    from django.utils.translation import gettext as _  # noqa: PLC0415

    from emr.common.clock import now  # noqa: PLC0415
    from emr.outbox.models import OutboxEvent  # noqa: PLC0415
    from signatures.certificates.trust import trust_roots  # noqa: PLC0415
    from signatures.signing.selectors import owing_requests  # noqa: PLC0415

    if not trust_roots():
        return _("No certificate authority is trusted: EMR_TRUST_ROOTS holds none.")
    stuck = OutboxEvent.objects.filter(
        topic="signature.created", done_at=None, failed_at__isnull=False
    ).count()
    if stuck:
        return _("%(n)d signatures could not be embedded.") % {"n": stuck}
    owed = owing_requests().filter(completed_at__lt=now() - timedelta(days=1)).count()
    if not owed:
        return ""
    return _("%(n)d signatures have waited for their timestamp for more than a day.") % {"n": owed}
