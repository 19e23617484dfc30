"""What is to be drawn: laboratory tests in effect without a usable tube, put together by tube and hour."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from encounters.orders.models import OrderableService, ServiceRequest
from encounters.orders.selectors.catalogue import services_by_code
from encounters.specimens.models import Specimen, SpecimenRequest
from encounters.specimens.tubes import TUBES, Tube, tube_for
from encounters.visits.models import Encounter

RANKS = {"stat": 0, "urgent": 1, "routine": 2}


def wanted_requests(facility_id: int) -> QuerySet[ServiceRequest]:
    """Tests in effect of running stays that no collected tube is for."""
    drawn = SpecimenRequest.objects.filter(
        request=OuterRef("pk"), is_current=True, specimen__status=Specimen.Status.AVAILABLE
    )
    return ServiceRequest.objects.filter(
        ~Exists(drawn),
        facility_id=facility_id,
        category=ServiceRequest.Category.LABORATORY,
        status=ServiceRequest.Status.ACTIVE,
        encounter__status=Encounter.Status.IN_PROGRESS,
    )


@dataclass(slots=True)
class Need:
    """One tube that is wanted of a stay. `specimen` is its label, where one was made; `failed` what it is to replace."""

    encounter_id: int
    tube: Tube
    kind: str
    due_at: dt.datetime | None
    requests: list[ServiceRequest] = field(default_factory=list)
    labelled: set[int] = field(default_factory=set)
    specimen: Specimen | None = None
    failed: Specimen | None = None

    @property
    def priority(self) -> str:
        """The most pressing of its tests."""
        return min((request.priority for request in self.requests), key=lambda code: RANKS[code])

    @property
    def priority_text(self) -> str:
        """In words."""
        return str(ServiceRequest.Priority(self.priority).label)

    @property
    def since(self) -> dt.datetime:
        """When the first of its tests was ordered."""
        return min(request.confirmed_at or request.authored_at for request in self.requests)

    @property
    def new_count(self) -> int:
        """How many of its tests aren't on the label yet."""
        return sum(request.pk not in self.labelled for request in self.requests)


def needs_of_stay(encounter: Encounter) -> list[Need]:
    """The tubes that are wanted of the stay, in the order of draw; three queries."""
    return needs_of(encounter.facility_id, wanted_requests(encounter.facility_id).filter(encounter=encounter))


def needs_of(facility_id: int, wanted: QuerySet[ServiceRequest]) -> list[Need]:
    """The tubes that these tests need, the pressing ones first, then in the order of draw; three queries."""
    requests = list(wanted.order_by("confirmed_at", "pk"))
    services = services_by_code(facility_id, {request.code for request in requests if request.code})
    tubes = _tubes_of(requests)
    needs: dict[tuple[int, str, str, dt.datetime | None], Need] = {}
    for request in requests:
        tube = _tube(request, services)
        kind = _kind(request, services)
        key = (request.encounter_id, tube, kind if tube in _APART else "", request.occurrence_at)
        need = needs.setdefault(key, Need(request.encounter_id, TUBES[tube], kind, request.occurrence_at))
        need.requests.append(request)
        for test in tubes.get(request.pk, []):
            if test.is_current:
                need.labelled.add(request.pk)
                need.specimen = need.specimen or test.specimen
            elif test.specimen.status != Specimen.Status.PLANNED:
                need.failed = test.specimen
    return sorted(needs.values(), key=_place)


# Vessels that don't say what is in them.
_APART = {"sterile", "swab", "tissue", "other", "culture"}


def _place(need: Need) -> tuple[int, bool, dt.datetime, int]:
    return (RANKS[need.priority], need.due_at is not None, need.due_at or need.since, need.tube.order)


def _tubes_of(requests: Sequence[ServiceRequest]) -> dict[int, list[SpecimenRequest]]:
    """{id of a request: its tubes so far, oldest first}."""
    found: dict[int, list[SpecimenRequest]] = {}
    rows = SpecimenRequest.objects.filter(request__in=[request.pk for request in requests])
    for row in rows.select_related("specimen").order_by("pk"):
        found.setdefault(row.request_id, []).append(row)
    return found


def _kind(request: ServiceRequest, services: dict[str, OrderableService]) -> str:
    service = services.get(request.code)
    return request.specimen or (service.specimen if service is not None else "")


def _tube(request: ServiceRequest, services: dict[str, OrderableService]) -> str:
    service = services.get(request.code)
    return tube_for(
        kind=_kind(request, services),
        group=service.group if service is not None else "",
        loinc=service.loinc if service is not None else "",
        name=service.name if service is not None else request.text,
    )


def tests_text(requests: Iterable[ServiceRequest]) -> str:
    """The tests of a tube on one line."""
    return "; ".join(request.text for request in requests)
