"""The HIS's orders onto the stay they are for: placed, changed, held, released, cancelled, each once and in any order."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from emr.common.masters import order_matter
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.services import Source, complete_order, follow_foreign, place_foreign
from encounters.visits.models import Encounter
from integrations.his.models import HisOrder, Master
from integrations.his.order_reading import (
    CANCEL,
    CHANGE,
    HOLD,
    NEW,
    RELEASE,
    STATUS,
    HisOrders,
    OrderGroup,
    read_orders,
)
from integrations.his.selectors import Keeper, keeper_of
from integrations.his.services.order_lines import line_of
from integrations.his.services.places import find_staff
from integrations.his.services.stays import demand_stay
from integrations.hl7v2.identifying import patient_of
from integrations.hl7v2.inbox import Applied
from integrations.hl7v2.outcomes import CannotApply, NotYet
from integrations.transport.models import Message
from patients.registry.models import Patient

AnyOrder = MedicationRequest | ServiceRequest
Status = Order.Status
# ORC-5 (table 0038) of a change of status, as the control code that says the same.
_STATUSES = {"CA": "CA", "DC": "DC", "RP": "DC", "HD": "HD", "CM": "CM", "IP": "", "A": "", "SC": "", "": ""}


def apply_orders(message: Message) -> Applied:
    """Every order of the message, or none. Raises CannotApply, NotYet, Hl7Error, DomainError."""
    if not message.channel.is_his:
        raise CannotApply("not_of_the_his", sender=message.channel.name)
    return apply_read_orders(read_orders(message))


def apply_read_orders(orders: HisOrders) -> Applied:
    """The same of what is read already."""
    patient = patient_of(orders.channel, orders.pid, otherwise=CannotApply("somebody_else"))
    stay = demand_stay(orders, patient)
    Encounter.objects.select_for_update(of=("self",)).get(pk=stay.pk)
    changed = False
    for group in orders.groups:
        changed |= _apply(orders, group, patient, stay)
    return Applied(changed, orders.remarks)


def _apply(orders: HisOrders, group: OrderGroup, patient: Patient, stay: Encounter) -> bool:
    number, control = group.number, group.orc.control
    if not number:
        raise CannotApply("no_order_number")
    known = _known(orders, number)
    if known is not None and _order(known).patient.root_id != patient.root_id:
        raise CannotApply("order_of_another", number=number)
    if control in STATUS:
        if group.orc.status not in _STATUSES:
            raise CannotApply("order_control", sent=f"{control} {group.orc.status}")
        control = _STATUSES[group.orc.status]
    if control in NEW:
        return _place(orders, group, known, stay)
    if known is None:
        raise NotYet("unknown_order_there", number=number)
    if control in CHANGE:
        return _change(orders, group, known)
    if control in CANCEL:
        return _cancel(orders, group, known)
    if control in HOLD | RELEASE:
        return _hold_or_release(orders, group, known, is_hold=control in HOLD)
    if control == "CM":
        return _complete(orders, known)
    if not control:
        return False
    raise CannotApply("order_control", sent=control)


def _known(orders: HisOrders, number: str) -> HisOrder | None:
    rows = HisOrder.objects.select_for_update(of=("self",)).select_related(
        "medication__patient", "medication__encounter", "service__patient", "service__encounter"
    )
    return rows.filter(
        facility=orders.facility, system=orders.channel.sending_application, number=number
    ).first()


def _order(known: HisOrder) -> AnyOrder:
    order = known.medication or known.service
    assert order is not None  # noqa: S101  # a_his_order_is_one_order
    return order


def _place(orders: HisOrders, group: OrderGroup, known: HisOrder | None, stay: Encounter) -> bool:
    at = orders.at(group)
    category, line, key, source = _content(orders, group)
    if known is not None:
        if known.content_key == key or at <= known.content_at:
            return False
        return _put_in_place(orders, group, known)
    _demand_kept_there(orders, category)
    _demand_within(stay, source.effective_at)
    parent = _known(orders, group.orc.parent_number) if group.orc.parent_number else None
    order = place_foreign(
        encounter=stay,
        source=source,
        category=category,
        by=orders.account,
        requester=find_staff(orders, group.orc.prescriber),
        replaces=_same_kind(parent, category),
        **line,
    )
    HisOrder.objects.create(
        facility=orders.facility,
        system=source.system,
        number=source.number,
        medication=order if isinstance(order, MedicationRequest) else None,
        service=order if isinstance(order, ServiceRequest) else None,
        content_at=at,
        content_key=key,
        message=orders.message,
    )
    return True


def _same_kind(parent: HisOrder | None, category: str) -> AnyOrder | None:
    if parent is None:
        return None
    return parent.medication if category == "medication" else parent.service


def _content(orders: HisOrders, group: OrderGroup) -> tuple[str, dict[str, Any], str, Source]:
    """(category, fields of the row, what makes this content another than that, whose it is)."""
    sent = group.timing.starts_at
    starts_at = sent.at if sent is not None and sent.has_day else orders.at(group)
    category, line = line_of(orders, group, starts_at=starts_at)
    prescriber = group.orc.prescriber
    source = Source(
        system=orders.channel.sending_application,
        number=group.number,
        prescriber=prescriber.name or prescriber.id_number,
        effective_at=starts_at,
    )
    said = json.dumps([category, line, starts_at], default=str, sort_keys=True)
    return category, line, hashlib.sha256(said.encode()).hexdigest(), source


def _demand_kept_there(orders: HisOrders, category: str) -> None:
    matter = order_matter(category)
    if keeper_of(orders.facility.pk, matter) != Keeper.HIS:
        raise CannotApply("order_kept_here", kind=str(Master.Matter(matter).label))


def _demand_within(stay: Encounter, at: datetime) -> None:
    if stay.status in {Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR}:
        raise CannotApply("stay_is_over")
    if stay.ended_at is not None and at > stay.ended_at:
        raise CannotApply("stay_is_over")


def _change(orders: HisOrders, group: OrderGroup, known: HisOrder) -> bool:
    """XO, RP: the order says something else from now on. RP without a detail is followed by RO, which does."""
    at = orders.at(group)
    if group.detail is None:
        return _cancel(orders, group, known)
    if at < known.content_at:
        orders.remark("partly_older", groups="ORC")
        return False
    if _content(orders, group)[2] == known.content_key:
        return False
    return _put_in_place(orders, group, known)


def _put_in_place(orders: HisOrders, group: OrderGroup, known: HisOrder) -> bool:
    """The row before is ended and kept; the new one is held where that one was."""
    former = _order(known)
    former.refresh_from_db()
    if former.is_ended or former.status == Status.COMPLETED:
        orders.remark("left_out", text=_("the order had ended already"))
        return False
    category, line, key, source = _content(orders, group)
    is_medicine = category == "medication"
    if is_medicine != isinstance(former, MedicationRequest):
        raise CannotApply("order_control", sent=f"{group.orc.control} {category}")
    was_held = former.status == Status.ON_HOLD
    follow_foreign(
        order=former,
        to=Status.REVOKED,
        verb="revoked",
        reason=_("Changed by the %(system)s") % {"system": source.system},
        by=orders.account,
        system=source.system,
    )
    order = place_foreign(
        encounter=former.encounter,
        source=source,
        category=category,
        by=orders.account,
        requester=find_staff(orders, group.orc.prescriber),
        replaces=former,
        **line,
    )
    if was_held:
        _follow(orders, order, Status.ON_HOLD, "held", former.status_reason)
    HisOrder.objects.filter(pk=known.pk).update(
        medication=order if is_medicine else None,
        service=None if is_medicine else order,
        content_at=orders.at(group),
        content_key=key,
        message=orders.message,
    )
    return True


def _follow(orders: HisOrders, order: AnyOrder, to: str, verb: str, reason: str) -> None:
    system = orders.channel.sending_application
    reason = reason or _("By the %(system)s") % {"system": system}
    follow_foreign(order=order, to=to, verb=verb, reason=reason, by=orders.account, system=system)


def _cancel(orders: HisOrders, group: OrderGroup, known: HisOrder) -> bool:
    """Whenever it comes, it is the end: nothing that the HIS said of the order before or later undoes it."""
    order = _order(known)
    if order.is_ended:
        return False
    if order.status == Status.COMPLETED:
        orders.remark("left_out", text=_("the order had been completed already"))
        return False
    _follow(orders, order, Status.REVOKED, "revoked", group.orc.reason)
    return True


def _hold_or_release(orders: HisOrders, group: OrderGroup, known: HisOrder, *, is_hold: bool) -> bool:
    at, order = orders.at(group), _order(known)
    if known.state_at is not None and at < known.state_at:
        return False
    if order.status not in {Status.ACTIVE, Status.ON_HOLD}:
        return False
    HisOrder.objects.filter(pk=known.pk).update(state_at=at)
    wanted = Status.ON_HOLD if is_hold else Status.ACTIVE
    if order.status == wanted:
        return False
    _follow(orders, order, wanted, "held" if is_hold else "resumed", group.orc.reason)
    return True


def _complete(orders: HisOrders, known: HisOrder) -> bool:
    order = _order(known)
    if order.is_ended or order.status == Status.COMPLETED:
        return False
    complete_order(order=order, system=orders.channel.sending_application)
    return True
