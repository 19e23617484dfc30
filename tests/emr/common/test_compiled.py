"""A question whose text is kept asks and answers what the ORM would."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F, Q, QuerySet

from emr.accounts.models import PractitionerRole, User
from emr.common.clock import now
from emr.common.compiled import Compiled
from tests.emr.people import make_an, make_department, make_facility, make_user

pytestmark = pytest.mark.django_db


@Compiled
def _people(facility_id: int, role: str, moment: dt.datetime) -> QuerySet[User]:
    held = PractitionerRole.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=moment), role=role, starts_at__lte=moment
    )
    people = User.objects.filter(facility_id=facility_id, pk__in=held.values("user")).select_related(
        "facility"
    )
    return people.annotate(known_as=F("username")).order_by("username")[:10]


def _asked(question: Compiled[Any], *values: Any) -> tuple[Any, Any]:
    """(text and values as kept, as the ORM puts them together)."""
    kept = question(*values).query.get_compiler("default").as_sql()
    return kept, question.plain(*values).query.get_compiler("default").as_sql()


def test_each_asking_has_its_own_values() -> None:
    an = make_an()
    other = make_facility("11111", "Bệnh viện khác")
    xa = make_user("xa", "Người Xa", "doctor", make_department(other))
    for person in (an, xa, an):
        asked = (person.facility_id, "doctor", now())
        kept, plain = _asked(_people, *asked)
        assert kept == plain
        assert [type(value) for value in kept[1]] == [type(value) for value in plain[1]]
        assert list(_people(*asked)) == [person]
    assert not list(_people(an.facility_id, "nurse", now()))


def test_rows_come_with_what_the_queryset_joins_and_annotates(django_assert_num_queries: Any) -> None:
    an = make_an()
    with django_assert_num_queries(1):
        found = _people.first(an.facility_id, "doctor", now())
        assert found is not None
        assert found.facility.pk == an.facility_id
    assert found.known_as == "an"  # type: ignore[attr-defined]
    assert found._state.db == "default"


def test_a_value_that_decides_about_the_text_is_refused() -> None:
    for value in (None, True, ("a",), 1.5):
        with pytest.raises(TypeError, match="shape"):
            Compiled(lambda asked: User.objects.filter(pk=asked))(value)


def test_a_value_that_does_not_arrive_is_refused() -> None:
    with pytest.raises(ValueError, match="don't reach"):
        Compiled(lambda _lost: User.objects.all())(1)


def test_ids_go_as_one_value_however_many() -> None:
    an = make_an()
    roles = PractitionerRole.objects.filter(user=an)

    @Compiled
    def asked(users: list[int]) -> QuerySet[Any, Any]:
        return PractitionerRole.objects.filter(user__any_of=users).values_list("user", "pk")

    for users in ([an.pk], [an.pk, an.pk + 1, an.pk + 2], []):
        kept, plain = _asked(asked, users)
        assert kept == plain
        assert list(asked(users)) == [(an.pk, role.pk) for role in roles if users]
    with pytest.raises(ValueError, match="don't reach"):
        Compiled(lambda users: PractitionerRole.objects.filter(user__in=users))([an.pk])


def test_public_ids_and_days_are_passed_on() -> None:
    question = Compiled(lambda uuid, day: User.objects.filter(uuid=uuid, created_at__date__gte=day))
    kept, plain = _asked(question, uuid4(), dt.date(2026, 1, 2))
    assert kept == plain


def test_every_kept_question_of_the_house_asks_what_its_queryset_asks() -> None:
    """All that are kept at module level: text and values are the ORM's own, whatever a Django update changes."""
    import gc  # noqa: PLC0415

    from emr.accounts import backends  # noqa: F401, PLC0415
    from emr.signin import sessions  # noqa: F401, PLC0415

    samples: dict[str, tuple[Any, ...]] = {
        "_person": (7,),
        "_roles_held": (7, now()),
        "_row_of": ("abc", now()),
        "_one": (7, uuid4(), "{}", 8, now()),
        "_of_person": (7,),
        "_last_place": (7,),
        "_running_place": (7, "in-progress"),
        "_latest_stays": (7,),
        "_people": (7, "doctor", now()),
        "_state_held": (7,),
        "_holder": (7, "urn:x", "BN1"),
        "_during": (7, 8, now()),
        "_versions": (7, "hl7:1:LIS", "F1"),
        "_bed_places": ("{}", 8, 7, 9, now(), now() - dt.timedelta(days=1)),
        "_substances": ([7, 8],),
        "_lines": ([7, 8], now()),
        "_outcomes": ([7, 8], now(), now() + dt.timedelta(hours=8)),
        "_counts": ([7, 8], now(), now() + dt.timedelta(hours=8), now() - dt.timedelta(hours=1)),
        "_newest": ([7, 8],),
        "_added": (7, "LIS", "F1|718-7"),
        "_lasting_stay": (7,),
        "_open_cares": ("review:7",),
        "_last_stay": (7,),
        "_limits_of_tests": (7, ["718-7", ""], dt.date(2026, 1, 2)),
        "_services_of_codes": (7, ["XN1"], dt.date(2026, 1, 2)),
        "_codes_named": (7, "LIS", "", ["service", "unit"], ["XN1"]),
    }
    kept = {
        found.__name__: found
        for found in gc.get_objects()
        if type(found) is Compiled and found.__name__ != "<lambda>"
    }
    assert set(kept) == set(samples), "a new one needs its sample here"
    for name, question in kept.items():
        ready, plain = _asked(question, *samples[name])
        assert ready == plain, name
