"""Once a day everybody who owes something to a record is told how much; one notice a person."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.accounts.services import facility_setting
from emr.common import wall
from emr.common.choices import Whole, declare
from emr.common.clock import local_today, now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.models import Notice
from emr.notices.selectors import people_of
from emr.notices.services import Holders, notify, withdraw
from encounters.completeness.selectors import Gap, gaps_by_stay, owing_stays
from encounters.visits.models import Encounter

OWED = "completeness.owed"
DAYS = 90
declare(
    Whole(
        name="completeness_days",
        room="completeness",
        label=gettext_lazy("Records are looked through for so long after discharge"),
        help=gettext_lazy(
            "Longer ago a record stands on no list and nobody is reminded; its own page stays."
        ),
        default=DAYS,
        least=7,
        most=730,
        unit=pgettext_lazy("unit", "days"),
    )
)
declare(
    Whole(
        name="completeness_remind_hours",
        room="completeness",
        label=gettext_lazy("Who owes something to a record is reminded after"),
        help=gettext_lazy("Once a day, one notice a person."),
        default=24,
        least=1,
        most=240,
        unit=pgettext_lazy("unit", "hours"),
    )
)


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=OWED,
            title=_("You owe %(gaps)s things to %(records)s records"),
            body=_("The oldest since %(since)s. The list leads to each place."),
            level=Level.INFO,
            answer=Answer.NONE,
            ladder=(Step(0, TOLD),),
        )
    )


def look_back(facility_id: int) -> int:
    """For how many days after discharge records are looked through."""
    return int(facility_setting(facility_id, "completeness_days"))


def remind_all() -> None:
    """Tell everybody in every facility; called twice on a day it tells once."""
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk), transaction.atomic():
            remind(facility)


def remind(facility: Organization) -> int:
    """Tell who owes something that is older than the facility's hours; how many people."""
    hours = facility_setting(facility.pk, "completeness_remind_hours")
    stays = owing_stays(Encounter.objects.filter(facility=facility), days=look_back(facility.pk))
    owed = _by_person(list(stays), hours)
    _take_back_earlier(facility)
    for user, gaps in owed.items():
        oldest = min(gap.since for gap, _stay in gaps)
        notify(
            kind=OWED,
            key=_key(user),
            facility=facility,
            to=[user],
            parameters={
                "gaps": len(gaps),
                "records": len({stay_id for _gap, stay_id in gaps}),
                "since": f"{oldest:%d/%m/%Y}",
            },
            link=("encounters:completeness:worklist",),
        )
    return len(owed)


def _key(user: User) -> str:
    return f"{OWED}:{local_today().isoformat()}:{user.pk}"


def _by_person(stays: Iterable[Encounter], hours: int) -> dict[User, list[tuple[Gap, int]]]:
    """Each person's gaps; what is no single person's is asked of who holds the role in the stay's department."""
    found: dict[int, list[tuple[Gap, int]]] = {}
    anybodys: dict[tuple[str, int], list[tuple[Gap, int]]] = {}
    places: dict[int, Organization] = {}
    by_pk = {stay.pk: stay for stay in stays}
    for pk, gaps in gaps_by_stay(list(by_pk.values())).items():
        for gap in gaps:
            if not gap.is_open or (now() - gap.since).total_seconds() < hours * 3600:
                continue
            department = by_pk[pk].department
            if gap.owner_id is not None:
                found.setdefault(gap.owner_id, []).append((gap, pk))
            elif department is not None:
                places[department.pk] = department
                anybodys.setdefault((gap.owner_role, department.pk), []).append((gap, pk))
    people = {user.pk: user for user in User.objects.filter(pk__in=found, is_active=True)}
    told = {people[pk]: list(gaps) for pk, gaps in found.items() if pk in people}
    for (role, department_id), owed in anybodys.items():
        for user in people_of([Holders(role, places[department_id])]):
            told.setdefault(user, []).extend(owed)
    return told


def _take_back_earlier(facility: Organization) -> None:
    """What was told on the days before: today's notice stands in its place."""
    today = f"{OWED}:{local_today().isoformat()}:"
    earlier = Notice.objects.filter(facility=facility, kind=OWED, cause_gone_at=None)
    for key in earlier.exclude(key__startswith=today).values_list("key", flat=True):
        withdraw(facility=facility, key=key)
