"""ORM^O01, OML^O21, RDE^O11 (and OMP^O09) from the HIS: whose orders, and what each ORC with its detail says."""

from dataclasses import dataclass, field
from datetime import datetime

from integrations.his.reading import HisMessage
from integrations.hl7v2.order_segments import Obr, note
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Hl7Message, Segment, parse
from integrations.hl7v2.pharmacy_segments import Drug, OrderHead, OrderTiming
from integrations.hl7v2.segments import Coded, Msh, Pid, Pv1
from integrations.transport.models import Message

_DETAILS = {"OBR", "RXO", "RXE", "ODS"}
# Table 0119, as a placer says it.
NEW = {"NW", "RO"}
CHANGE = {"XO", "XX", "RP", "RU"}
CANCEL = {"CA", "DC", "OC", "OD"}
HOLD, RELEASE, STATUS = {"HD", "OH"}, {"RL", "OE"}, {"SC", "SR"}


@dataclass(slots=True)
class OrderGroup:
    """One order: its ORC, its detail (None: a cancellation needs none), timing, route, specimen, notes."""

    orc: OrderHead
    detail: Segment | None = None
    tq1: Segment = field(default_factory=lambda: Segment("TQ1", ()))
    route: Coded = field(default_factory=lambda: Coded("", "", ""))
    site: str = ""
    specimen: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def is_medicine(self) -> bool:
        return self.detail is not None and self.detail.name in {"RXO", "RXE"}

    @property
    def number(self) -> str:
        """The HIS's number: ORC-2, else OBR-2, else (where the HIS calls itself the filler) ORC-3."""
        own = self.detail[2].text() if self.detail is not None and self.detail.name == "OBR" else ""
        return (self.orc.placer_number or own or self.orc.filler_number)[:75]

    @property
    def timing(self) -> OrderTiming:
        old = self.orc.timing
        if old.is_empty and self.detail is not None and self.detail.name == "RXE":
            old = self.detail[1]
        return OrderTiming.read(self.tq1, old)

    @property
    def drug(self) -> Drug:
        return Drug.read(self.detail or Segment("RXE", ()))

    @property
    def obr(self) -> Obr:
        return Obr.read(self.detail or Segment("OBR", ()))


@dataclass(slots=True, kw_only=True)
class HisOrders(HisMessage):
    """One message of orders."""

    groups: list[OrderGroup]

    @property
    def happened_at(self) -> datetime:
        """When the first of them was entered (ORC-9), else MSH-7, else when it came."""
        return self.at(self.groups[0])

    def at(self, group: OrderGroup) -> datetime:
        """When this group's news happened."""
        sent = self.msh.date_time_of_message
        return group.orc.transaction_at or (sent.at if sent is not None else self.message.received_at)


def read_orders(message: Message) -> HisOrders:
    """Parse and look through a message. Raises Hl7Error, or CannotApply for several persons or no ORC."""
    return orders_in(message, parse(bytes(message.raw), charset=message.channel.charset))


def orders_in(message: Message, parsed: Hl7Message) -> HisOrders:
    """What a message says, or what is said in its stead. Raises CannotApply for several persons or no ORC."""
    patients = parsed.all("PID")
    if len(patients) != 1:
        raise CannotApply("several_patients", count=len(patients))
    groups = read_groups(parsed)
    if not groups:
        raise CannotApply("no_orders")
    return HisOrders(
        message=message,
        parsed=parsed,
        msh=Msh.read(parsed),
        pid=Pid.read(parsed.first("PID")),
        pv1=Pv1.read(parsed),
        groups=groups,
    )


def read_groups(parsed: Hl7Message) -> list[OrderGroup]:
    """Each ORC with what follows it; a second OBR behind one ORC is an order of its own under the same control code."""
    groups: list[OrderGroup] = []
    for segment in parsed.segments:
        if segment.name == "ORC":
            groups.append(OrderGroup(OrderHead.read(segment)))
        if not groups:
            continue
        group = groups[-1]
        if segment.name in _DETAILS:
            if group.detail is not None and {group.detail.name, segment.name} != {"RXO", "RXE"}:
                group = OrderGroup(group.orc, tq1=group.tq1)
                groups.append(group)
            if group.detail is None or segment.name == "RXE":
                group.detail = segment
        elif segment.name == "TQ1" and not group.tq1.fields:
            group.tq1 = segment
        elif segment.name == "RXR":
            group.route, group.site = Coded.read(segment[1]), segment[2].text(2) or segment[2].text(1)
        elif segment.name == "SPM":
            group.specimen = segment[4].text(1)
        elif segment.name == "NTE":
            group.notes.append(note(segment))
    return groups
