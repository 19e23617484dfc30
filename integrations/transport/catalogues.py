"""Our own codes that a neighbour's may be mapped to, by kind: looked up, and searched for as somebody types.

Departments, beds, staff and medicines are the hospital's; a room that stands above registers the kinds that it knows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from emr.accounts.models import Location, Organization, User
from emr.common.vietnamese import fold
from emr.terminology.selectors import displays, search_concepts
from integrations.transport.models import NeighbourCode

Kind = NeighbourCode.Kind
MOST = 20


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One kind of code.

    `known` answers, for codes of ours, {code as given: its title} of those that exist in the facility (by its id); `search`
    answers (code, title) pairs for words. `takes_as_sent`: the neighbour's own code may stand, by a person's decision.
    """

    known: Callable[[int, Iterable[str]], dict[str, str]]
    search: Callable[[int, str], list[tuple[str, str]]]
    takes_as_sent: bool = False


_catalogues: dict[str, Catalogue] = {}


def register_catalogue(kind: str, catalogue: Catalogue) -> None:
    """Let a room say which codes of a kind are ours; the same kind again replaces it."""
    _catalogues[kind] = catalogue


def catalogue_of(kind: str) -> Catalogue | None:
    """The catalogue of a kind; None where any code is taken."""
    return _catalogues.get(kind)


def _departments(facility_id: int, codes: Iterable[str]) -> dict[str, str]:
    return _by_code(_all_departments(facility_id).values_list("code", "name"), codes)


def _all_departments(facility_id: int) -> QuerySet[Organization]:
    return Organization.objects.filter(parent_id=facility_id, kind=Organization.Kind.DEPARTMENT)


def _by_code(rows: Iterable[tuple[str, str]], codes: Iterable[str]) -> dict[str, str]:
    """Codes of places are found whatever the case, as messages are."""
    titles = {code.casefold(): title for code, title in rows}
    return {code: titles[code.casefold()] for code in codes if code.casefold() in titles}


def _find_departments(facility_id: int, typed: str) -> list[tuple[str, str]]:
    rows = _all_departments(facility_id).order_by("code").values_list("code", "name")  # a few dozen
    return [(code, name) for code, name in rows if fold(typed) in fold(f"{code} {name}")][:MOST]


def _beds(facility_id: int, codes: Iterable[str]) -> dict[str, str]:
    beds = Location.objects.filter(facility_id=facility_id, kind=Location.Kind.BED)
    rows = beds.select_related("department").order_by("pk")
    return _by_code([(bed.code, f"{bed.department} · {bed.name}") for bed in rows], codes)


def _find_beds(facility_id: int, typed: str) -> list[tuple[str, str]]:
    beds = Location.objects.filter(facility_id=facility_id, kind=Location.Kind.BED)
    for word in typed.split():
        beds = beds.filter(
            Q(code__icontains=word) | Q(name__icontains=word) | Q(department__code__icontains=word)
        )
    rows = beds.select_related("department").order_by("department__code", "code")[:MOST]
    return [(bed.code, f"{bed.department} · {bed.name}") for bed in rows]


def _staff(facility_id: int, codes: Iterable[str]) -> dict[str, str]:
    wanted = set(codes)
    people = User.objects.filter(
        Q(staff_code__in=wanted) | Q(licence_number__in=wanted), facility_id=facility_id, is_active=True
    )
    found: dict[str, str] = {}
    for staff_code, licence, name in people.values_list("staff_code", "licence_number", "full_name"):
        found |= {code: name for code in (staff_code, licence) if code in wanted and code}
    return found


def _find_staff(facility_id: int, typed: str) -> list[tuple[str, str]]:
    people = User.objects.filter(facility_id=facility_id, is_active=True).exclude(staff_code="")
    found = people.filter(Q(staff_code__icontains=typed) | Q(search_name__contains=fold(typed)))
    return list(found.order_by("full_name").values_list("staff_code", "full_name")[:MOST])


def _medicines(_facility_id: int, codes: Iterable[str]) -> dict[str, str]:
    titles = displays(("medicine", code) for code in codes)
    return {code: title for (_system, code), title in titles.items()}


def _find_medicines(_facility_id: int, typed: str) -> list[tuple[str, str]]:
    return [(match.code, match.display) for match in search_concepts("medicine", typed, limit=MOST)]


register_catalogue(Kind.DEPARTMENT, Catalogue(_departments, _find_departments))
register_catalogue(Kind.BED, Catalogue(_beds, _find_beds))
register_catalogue(Kind.STAFF, Catalogue(_staff, _find_staff))
register_catalogue(Kind.MEDICINE, Catalogue(_medicines, _find_medicines))
