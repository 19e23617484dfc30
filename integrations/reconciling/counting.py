"""How many each side told of, and how many of them are here."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Count

from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import VOID
from integrations.his.models import HisOrder
from integrations.reconciling.days import written_on
from integrations.reconciling.feeds import Key
from integrations.reconciling.ground import Ground
from integrations.reconciling.kinds import Cell, Matter
from integrations.reconciling.neighbours import EMR
from integrations.reconciling.orphans import OF_AN_ORDER, known_stays, under_way
from integrations.transport.models import Channel, MessageState

State = MessageState.State
Cells = dict[Matter, dict[str, Cell]]


def count(ground: Ground) -> Cells:
    """{matter: {neighbour, "" for this record: its cell}}. About a dozen queries, whatever the day brought."""
    told = told_of(ground)
    cells: Cells = {matter: _cells(found) for matter, found in told.items()}
    cells[Matter.MESSAGE] = _received(ground)
    cells[Matter.ORDER_OUT] = _sent(ground)
    for matter, number in _of_this_record(ground).items():
        cells[matter][EMR] = Cell(number, number)
    return cells


def told_of(ground: Ground) -> dict[Matter, dict[Key, bool]]:
    """{matter: {(neighbour, number): whether it is here}}."""
    feed = ground.feed
    stays = known_stays(ground, (number for _neighbour, number in feed.stays))
    return {
        Matter.PATIENT: _marked(feed.patients, set(ground.known)),
        Matter.STAY: _marked(feed.stays, stays),
        Matter.ORDER: _marked(feed.orders, _known_orders(ground)),
        Matter.RESULT: _results(ground),
    }


def _marked(told: Iterable[Key], here: set[str]) -> dict[Key, bool]:
    return {key: key[1] in here for key in told}


def _cells(found: dict[Key, bool]) -> dict[str, Cell]:
    told: Counter[str] = Counter()
    here: Counter[str] = Counter()
    for (neighbour, _number), is_here in found.items():
        told[neighbour] += 1
        here[neighbour] += is_here
    return {neighbour: Cell(told[neighbour], here[neighbour]) for neighbour in told}


def _known_orders(ground: Ground) -> set[str]:
    numbers = {number for _neighbour, number in ground.feed.orders}
    known = HisOrder.objects.filter(facility=ground.facility, number__in=numbers)
    found = set(known.values_list("number", flat=True))
    # What the HIS says about an order that was placed here carries our number.
    for model in (ServiceRequest, MedicationRequest):
        rows = model.objects.filter(facility=ground.facility, placer_number__in=numbers - found)
        found |= set(rows.values_list("placer_number", flat=True))
    return found


def _results(ground: Ground) -> dict[Key, bool]:
    rows = DiagnosticReport.objects.filter(
        facility=ground.facility,
        source__in=list(ground.sources),
        filler_number__in={number for _neighbour, number in ground.feed.results},
    )
    held = {
        (ground.sources[source], number) for source, number in rows.values_list("source", "filler_number")
    }
    return {key: key in held for key in ground.feed.results}


def _received(ground: Ground) -> dict[str, Cell]:
    """Messages that came, and those of them that were used."""
    return _by_neighbour(ground, Channel.Direction.IN, {State.APPLIED, State.SUPERSEDED})


def _sent(ground: Ground) -> dict[str, Cell]:
    """Messages about our orders, and those of them that the neighbour has acknowledged."""
    return _by_neighbour(ground, Channel.Direction.OUT, {State.DELIVERED})


def _by_neighbour(ground: Ground, direction: str, done: set[State]) -> dict[str, Cell]:
    found = ground.messages(direction)
    if direction == Channel.Direction.OUT:
        found = found.filter(OF_AN_ORDER)
    told: Counter[str] = Counter()
    here: Counter[str] = Counter()
    rows = found.order_by().values("channel_id", "state_row__state").annotate(number=Count("pk"))
    for row in rows:
        neighbour = ground.key_of(row["channel_id"])
        told[neighbour] += row["number"]
        here[neighbour] += row["number"] if row["state_row__state"] in done else 0
    return {neighbour: Cell(told[neighbour], here[neighbour]) for neighbour in told}


def _of_this_record(ground: Ground) -> dict[Matter, int]:
    """Stays under way and their patients; orders and reports written on the day, whatever became of them since."""
    stays = under_way(ground).aggregate(stays=Count("pk"), patients=Count("patient", distinct=True))
    orders = sum(
        written_on(model.objects.filter(facility=ground.facility), ground.day)
        .exclude(placer_number="")
        .count()
        for model in (ServiceRequest, MedicationRequest)
    )
    reports = written_on(DiagnosticReport.objects.filter(facility=ground.facility), ground.day)
    return {
        Matter.PATIENT: stays["patients"],
        Matter.STAY: stays["stays"],
        Matter.ORDER: orders,
        Matter.RESULT: reports.exclude(status__in=VOID).count(),
    }
