"""Questions about notices: who holds a role, which ladder counts, what is in somebody's inbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from emr.accounts import roles
from emr.accounts.models import Organization, PractitionerRole, User
from emr.accounts.selectors import roles_of
from emr.common.clock import now
from emr.common.vietnamese import fold
from emr.notices.kinds import Step, kind_of, kinds
from emr.notices.models import Contact, LadderStep, Notice, NoticeDelivery, NoticeRecipient

# Held in a department: without one named, nobody is meant.
WARD_ROLES = frozenset({"head_of_department", "head_nurse", "doctor", "nurse"})


@dataclass(frozen=True, slots=True)
class Holders:
    """Whoever holds a role at this moment: in one department, or anywhere in the facility."""

    role: str
    place: Organization


To = User | Holders


def people_of(wanted: Iterable[To]) -> list[User]:
    """The people behind names and roles, each once, in the order named; who has left isn't among them."""
    found: dict[int, User] = {}
    for entry in wanted:
        for user in _holding(entry) if isinstance(entry, Holders) else [entry]:
            if user.is_active:
                found.setdefault(user.pk, user)
    return list(found.values())


def _holding(holders: Holders) -> list[User]:
    moment = now()
    held = PractitionerRole.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=moment),
        role=holders.role,
        starts_at__lte=moment,
        user__is_active=True,
        user__facility_id=holders.place.facility_id,
    )
    if holders.place.kind == Organization.Kind.DEPARTMENT:
        held = held.filter(department=holders.place)
    return list(User.objects.filter(pk__in=held.values("user_id")))


def audience_of(step: Step, notice: Notice) -> list[User]:
    """Whom a role on a ladder means for this notice: a ward's role in the notice's department, others everywhere."""
    if step.audience in WARD_ROLES:
        return people_of([Holders(step.audience, notice.department)]) if notice.department else []
    return people_of([Holders(step.audience, notice.facility)])


def ladder_of(facility_id: int, code: str) -> tuple[Step, ...]:
    """The facility's own ladder for a kind, else the kind's."""
    rows = LadderStep.objects.filter(facility_id=facility_id, kind=code).order_by("after_minutes", "pk")
    own = tuple(Step(row.after_minutes, row.audience, tuple(row.channels)) for row in rows)
    if own:
        return own
    kind = kind_of(code)
    return tuple(sorted(kind.ladder, key=lambda step: step.after_minutes)) if kind else ()


def kinds_with_own_ladder(facility_id: int) -> set[str]:
    """The kinds whose ladder the facility has changed."""
    return set(LadderStep.objects.filter(facility_id=facility_id).values_list("kind", flat=True))


def role_names(facility_id: int, *present: str) -> dict[str, str]:
    """{code: name} of the facility's roles, its own ones too; codes that stand somewhere already come along."""
    names = {role.code: str(role.label) for role in roles_of(facility_id)}
    return names | {code: str(roles.label_of(code)) for code in present if code not in names}


def inbox_of(user: User, *, show: str = "open", level: str = "", text: str = "") -> QuerySet[NoticeRecipient]:
    """The person's copies, newest first: `show` is "open" or "all"; `text` is a number or the beginning of a kind."""
    found = NoticeRecipient.objects.filter(user=user).select_related(
        "notice__closed_by", "notice__department"
    )
    if show != "all":
        found = found.filter(is_open=True)
    if level:
        found = found.filter(notice__level=level)
    if text:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
        found = (
            found.filter(notice_id=number) if number else found.filter(notice__kind__in=_kinds_named(text))
        )
    return found.order_by("-pk")


def _kinds_named(text: str) -> list[str]:
    """Codes of kinds whose words hold the text: the words themselves stand in no table."""
    wanted = fold(text)
    return [kind.code for kind in kinds() if wanted in fold(f"{kind.title} {kind.body}")]


@dataclass(frozen=True, slots=True)
class Ringing:
    """What the bell shows: how many are open, and the urgent ones that this person hasn't seen."""

    count: int
    urgent: Sequence[NoticeRecipient]


def ringing_for(user: User) -> Ringing:
    """One query while nothing is open, which is nearly always; two otherwise."""
    open_ones = NoticeRecipient.objects.filter(user=user, is_open=True)
    count = open_ones.count()
    if not count:
        return Ringing(0, [])
    urgent = open_ones.filter(notice__level="urgent", seen_at=None).select_related("notice")
    return Ringing(count, list(urgent.order_by("-pk")[:3]))


def deliveries_of(facility_id: int, *, status: str = "", channel: str = "") -> QuerySet[NoticeDelivery]:
    """What was sent out of the house for the facility, newest first."""
    found = NoticeDelivery.objects.filter(notice__facility_id=facility_id).select_related("notice", "user")
    if status:
        found = found.filter(status=status)
    if channel:
        found = found.filter(channel=channel)
    return found.order_by("-pk")


def contacts_of(users: Iterable[User]) -> dict[int, Contact]:
    """Contact data by person, of those who have given any."""
    return {
        contact.user_id: contact
        for contact in Contact.objects.filter(user_id__in=[user.pk for user in users])
    }


def contact_of(user: User) -> Contact:
    """The person's contact data; an empty one, not stored, for who has given none."""
    return Contact.objects.filter(user=user).first() or Contact(user=user)


UNCONFIRMED, UNREACHED, EVERYBODY = "unconfirmed", "unreached", "all"
_ADDRESSES = ("email", "phone", "chat")


def reachability(facility_id: int, *, show: str = UNCONFIRMED, text: str = "") -> QuerySet[User]:
    """The staff with their contact data, by name. `show`: who has an address that isn't confirmed, who has no confirmed
    one at all, or everybody; `text` is a part of the name.
    """
    found = User.objects.filter(facility_id=facility_id, is_active=True).select_related("contact")
    open_ones, confirmed = Q(), Q()
    for name in _ADDRESSES:
        is_confirmed = Q(**{f"contact__{name}_confirmed_at__isnull": False})
        open_ones |= Q(contact__isnull=False) & ~Q(**{f"contact__{name}": ""}) & ~is_confirmed
        confirmed |= is_confirmed
    if show == UNCONFIRMED:
        found = found.filter(open_ones)
    elif show == UNREACHED:
        found = found.exclude(pk__in=User.objects.filter(confirmed, facility_id=facility_id).values("pk"))
    if text := text.strip():
        found = found.filter(Q(search_name__contains=fold(text)) | Q(username__icontains=text))
    return found.order_by("sort_key", "pk")
