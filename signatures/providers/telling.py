"""Who is told that a certificate runs out, and that somebody may choose a new PIN."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.notices.kinds import TOLD, Kind, Level, Step, register_kind
from emr.notices.services import Holders, notify
from signatures.certificates.models import Certificate
from signatures.providers.models import Credential

EXPIRES = "signing_certificate.expires"
SEAL_EXPIRES = "signing_seal.expires"
RESET = "signing_pin.reset_allowed"
# Days before the end at which its owner hears of it; each once.
WARNED_BEFORE = (60, 30, 7)


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=EXPIRES,
            title=_("Your signing certificate ends on %(day)s (%(left)s days)"),
            body=_("Renew it with the authority that issued it. After that day you can't sign."),
            level=Level.ATTENTION,
            ladder=(Step(0, TOLD, ("email",)),),
        )
    )
    register_kind(
        Kind(
            code=SEAL_EXPIRES,
            title=_("The certificate of the facility's seal ends on %(day)s (%(left)s days)"),
            body=_("Renew it with the authority that issued it. After that day nothing is sealed."),
            level=Level.ATTENTION,
            ladder=(Step(0, TOLD, ("email",)),),
        )
    )
    register_kind(
        Kind(
            code=RESET,
            title=_("%(who)s lets you choose a new signing PIN until %(until)s"),
            body=_("If you didn't ask for it, tell the administrators: somebody may be using your name."),
            level=Level.ATTENTION,
            ladder=(Step(0, TOLD, ("email",)),),
        )
    )


def tell_of_reset(*, credential: Credential, by: User) -> None:
    """In the transaction that allows it, so that its owner hears of a reset that nobody asked for."""
    owner, until = credential.certificate.owner, credential.reset_until
    if owner is None or until is None:
        return
    notify(
        kind=RESET,
        key=f"{RESET}:{credential.pk}:{until.timestamp():.0f}",
        facility=credential.facility,
        to=[owner],
        parameters={"who": by.full_name, "until": f"{timezone.localtime(until):%H:%M %d/%m}"},
        about=credential,
        link=("signatures:signing:key",),
        by=by,
    )


def tell_of_expiry(
    *, certificate: Certificate, owner: User | None, facility: Organization, before: int
) -> None:
    """Tell the owner, or of the seal the administrators; once for each of WARNED_BEFORE."""
    kind = EXPIRES if owner is not None else SEAL_EXPIRES
    notify(
        kind=kind,
        key=f"{kind}:{certificate.pk}:{before}",
        facility=facility,
        to=[owner] if owner is not None else [Holders("admin", facility)],
        parameters={
            "day": f"{timezone.localtime(certificate.not_after):%d/%m/%Y}",
            "left": _days(certificate),
        },
        about=certificate,
        link=("signatures:signing:key",) if owner is not None else ("signatures:providers:keys",),
    )


def _days(certificate: Certificate) -> int:
    return max(0, (certificate.not_after - now()) // dt.timedelta(days=1))
