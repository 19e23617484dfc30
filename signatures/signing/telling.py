"""Who is told about signing: the author of a refusal, the planning office of a place without people, the late signer."""

from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.models import Notice
from emr.notices.selectors import Holders
from emr.notices.services import notify, withdraw
from encounters.documents.models import DocumentVersion
from signatures.signing.models import SigningRequest
from signatures.signing.settings import reminder_time

REFUSED = "signing.refused"
MISSING = "signing.nobody"
LATE = "signing.late"
MEMBERS = "signing.members"
_DOCUMENT = "encounters:documents:document"
TRAY = "signatures:signing:tray"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=REFUSED,
            title=_("%(who)s doesn't sign a document of yours, %(department)s"),
            body=_(
                "The document says why. Amend it, or answer and ask again; until then nobody else signs it."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD, ("email",)), Step(8 * 60, TOLD, ("email", "sms", "chat"))),
        )
    )
    register_kind(
        Kind(
            code=MISSING,
            title=_("Nobody is to be found who signs %(form)s next, %(department)s"),
            body=_("Give the role to somebody, or change the form's chain. It goes on by itself then."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD, ("email",)), Step(24 * 60, "director", ("email",))),
        )
    )
    register_kind(
        Kind(
            code=MEMBERS,
            title=_("Name the members who sign %(form)s, %(department)s"),
            body=_("Ask them on the document's page, all at once; they sign in any order. Then it goes on."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD, ("email",)), Step(8 * 60, TOLD, ("email", "sms", "chat"))),
        )
    )
    register_kind(
        Kind(
            code=LATE,
            title=_("Documents wait for the signature of %(who)s: %(count)s"),
            body=_(
                "The oldest has waited since %(since)s. They are listed under Signing, the riskiest first."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(
                Step(0, TOLD, ("email",)),
                Step(8 * 60, TOLD, ("email", "sms", "chat")),
                Step(24 * 60, "head_of_department", ("email",)),
                Step(72 * 60, "planning", ("email",)),
            ),
        )
    )


def tell_of_refusal(request: SigningRequest, *, by: User) -> None:
    """The author hears at once that the document came back; the reason stands on its page alone."""
    version = request.version
    notify(
        kind=REFUSED,
        key=_refusal(request),
        facility=request.facility,
        to=[version.author],
        parameters={"who": by.full_name, "department": version.document.department.name},
        department=version.document.department,
        about=request,
        link=(_DOCUMENT, version.document.uuid),
        by=by,
    )


def forget_refusal(request: SigningRequest) -> None:
    """The author has answered, or the document was changed or taken back."""
    withdraw(facility=request.facility, key=_refusal(request))


def _refusal(request: SigningRequest) -> str:
    return f"{REFUSED}:{request.pk}"


def tell_of_missing(version: DocumentVersion) -> None:
    """A place of the chain has nobody: whoever gives roles and chains is told, once a version."""
    document = version.document
    notify(
        kind=MISSING,
        key=f"{MISSING}:{version.pk}",
        facility=document.facility,
        to=[Holders("planning", document.facility)],
        parameters={"form": document.code, "department": document.department.name},
        department=document.department,
        about=version,
        link=("signatures:signing:chains",),
    )


def tell_to_name_members(version: DocumentVersion) -> None:
    """The chain's next place is the members', whom the author names by asking them."""
    document = version.document
    notify(
        kind=MEMBERS,
        key=f"{MEMBERS}:{version.pk}",
        facility=document.facility,
        to=[version.author],
        parameters={"form": document.code, "department": document.department.name},
        department=document.department,
        about=version,
        link=(_DOCUMENT, document.uuid),
    )


def forget_missing(version: DocumentVersion) -> None:
    """Somebody was found or named, or nobody is looked for any more."""
    for kind in (MISSING, MEMBERS):
        withdraw(facility=version.document.facility, key=f"{kind}:{version.pk}")


def stuck_versions(facility: Organization) -> list[int]:
    """The versions whose chain waits for somebody to be found."""
    open_ones = Notice.objects.filter(facility=facility, kind=MISSING, cause_gone_at=None)
    return [key for key in open_ones.order_by("pk").values_list("about_id", flat=True) if key is not None]


def remind(facility: Organization) -> None:
    """One notice for each person whose documents wait too long, renewed while they wait, taken back when they don't.

    Who took it on and still hasn't signed after the same time again is told anew, from the first rung.
    """
    limit = reminder_time(facility.pk)
    late = (
        SigningRequest.objects.filter(
            facility=facility, status__in=SigningRequest.OPEN, waiting_since__lt=now() - limit
        )
        .order_by("signer")
        .values("signer")
        .annotate(count=Count("pk"), oldest=Min("waiting_since"))
    )
    waiting = {f"{LATE}:{row['signer']}": row for row in late}
    told = {
        notice.key: notice
        for notice in Notice.objects.filter(facility=facility, kind=LATE, cause_gone_at=None)
    }
    for key, notice in list(told.items()):
        if key not in waiting or (notice.closed_at is not None and notice.closed_at < now() - limit):
            withdraw(facility=facility, key=key)
            del told[key]
    people = User.objects.in_bulk([row["signer"] for row in waiting.values()])
    for key, row in waiting.items():
        signer = people[row["signer"]]
        since = f"{timezone.localtime(row['oldest']):%d/%m/%Y %H:%M}"
        parameters = {"who": signer.full_name, "count": row["count"], "since": since}
        if key in told and told[key].parameters == parameters:
            continue
        notify(
            kind=LATE,
            key=key,
            facility=facility,
            to=[signer],
            parameters=parameters,
            department=next((role.department for role in signer.current_roles), None),
            link=(TRAY,),
        )
