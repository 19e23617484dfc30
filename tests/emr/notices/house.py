"""A small hospital to tell things to: Quân the administrator, Đào the head, Hữu the director, An and Bình on the ward."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils.translation import gettext_noop as words

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.notices import kinds
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step
from emr.notices.models import Contact
from tests.emr.people import make_an, make_binh, make_department, make_facility, make_user


@dataclass
class People:
    facility: Organization
    ward: Organization
    an: User
    binh: User
    head: User
    director: User
    admin: User


def make_people() -> People:
    facility = make_facility()
    ward = make_department(facility)
    return People(
        facility=facility,
        ward=ward,
        an=make_an(ward),
        binh=make_binh(ward),
        head=make_user("dao", "Lê Thị Đào", "head_of_department", ward),
        director=make_user("huu", "Võ Hữu Nghĩa", "director", facility),
        admin=make_user("quan", "Lý Minh Quân", "admin", facility),
    )


def reach(user: User, **changed: object) -> Contact:
    """Contact data of the person by every channel, all that is given confirmed."""
    values = {
        "email": f"{user.username}@example.vn",
        "phone": "+84912345678",
        "chat": f"@{user.username}",
    } | changed
    for name in ("email", "phone", "chat"):
        values.setdefault(f"{name}_confirmed_at", now() if values[name] else None)
    return Contact.objects.create(user=user, **values)


@contextmanager
def registered(*new: Kind) -> Iterator[None]:
    """These kinds, for one test."""
    before = dict(kinds._kinds)
    for kind in new:
        kinds.register_kind(kind)
    yield
    kinds._kinds.clear()
    kinds._kinds.update(before)


GLASS = Kind(
    code="test.glass",
    title=words("Emergency access in %(place)s"),
    level=Level.URGENT,
    answer=Answer.ONE,
    ladder=(
        Step(0, TOLD, ("email", "sms")),
        Step(15, TOLD, ("sms",)),
        Step(30, "head_of_department", ("email",)),
        Step(60, "director", ("email", "sms")),
    ),
)
DRILL = Kind(
    code="test.drill", title=words("Fire drill"), level=Level.ATTENTION, answer=Answer.ALL,
    ladder=(Step(0, TOLD, ("email",)), Step(60, TOLD, ("email",))),
)  # fmt: skip
NEWS = Kind(code="test.news", title=words("A new form: %(code)s"), ladder=(Step(0, TOLD, ("email",)),))
