"""What an order of the HIS's says, as the fields of our rows: codes mapped, doses and times read, nothing guessed."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from emr.terminology.selectors import concept
from encounters.orders.models import ServiceRequest
from encounters.orders.selectors.catalogue import services_by_code
from integrations.his.order_reading import HisOrders, OrderGroup
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.pharmacy_segments import Drug, UnclearTiming
from integrations.transport.selectors import ours
from integrations.transport.services import note_unmapped

Category = ServiceRequest.Category
# OBR-24 (table 0074).
_SECTIONS: dict[str, Category] = {
    **dict.fromkeys(
        ("LAB", "CH", "HM", "MB", "MCB", "BLB", "SR", "UR", "IMM", "SP", "CP", "TX"), Category.LABORATORY
    ),
    **dict.fromkeys(
        ("RAD", "RX", "CT", "NMR", "RUS", "CUS", "VUS", "OUS", "EC", "NMS", "XRC"), Category.IMAGING
    ),
    **dict.fromkeys(("PRC", "PHY", "OTH"), Category.PROCEDURE),
    "NRS": Category.CARE_LEVEL,
    "ICU": Category.MONITORING,
}
# Table 0162 where it differs from our codes.
_ROUTES = {
    "IVPB": "IVI", "IVP": "IV", "IVD": "IVI", "SQ": "SC", "IH": "IH", "NG": "NG", "OPH": "OP", "OTC": "OT", "TOP": "TP",
    "NEB": "NEB", "NS": "NS", "RECT": "PR", "PR": "PR", "VG": "VG", "SL": "SL", "BC": "BC",
}  # fmt: skip


def line_of(orders: HisOrders, group: OrderGroup, *, starts_at: datetime) -> tuple[str, dict[str, Any]]:
    """(category, fields of the row). Raises CannotApply with what a person has to do: a code to map, a dose to ask for."""
    if group.detail is None:
        raise CannotApply("no_order_detail", number=group.number)
    if group.is_medicine:
        return "medication", _medicine(orders, group, starts_at)
    if group.detail.name == "ODS":
        text = group.detail[3].text(2) or group.detail[4].text() or group.detail[3].text(1)
        code = group.detail[3].text(1)
        known = concept("diet", code) if code else None
        return Category.DIET, _service(
            group, code if known else "", known.display if known else text, starts_at
        )
    return _examination(orders, group, starts_at)


def _examination(orders: HisOrders, group: OrderGroup, starts_at: datetime) -> tuple[str, dict[str, Any]]:
    sent, obr = group.obr.universal_service, group.obr
    code = ours(orders.channel, "service", [sent.code]).get(sent.code, sent.code) if sent.code else ""
    known = services_by_code(orders.facility.pk, [code]).get(code) if code else None
    if known is not None:
        line = _service(group, code, known.name, starts_at) | {"specimen": group.specimen or known.specimen}
        return known.category, line | {"body_site": known.body_site}
    category = _SECTIONS.get(obr.diagnostic_service) or _usual(orders)
    by_system = {Category.LABORATORY: "laboratory-test", Category.IMAGING: "imaging-service"}
    found = concept(by_system.get(category, "icd9cm"), code) if code else None
    if code and found is None and category in by_system:
        raise CannotApply("unmapped_service", sent=sent.code)
    if not (sent.text or found):
        raise CannotApply("no_order_detail", number=group.number)
    line = _service(group, code if found else "", found.display if found else sent.text, starts_at)
    return category, line | {"specimen": group.specimen[:20]}


def _usual(orders: HisOrders) -> Category:
    """What an order is that names no section: OML is the laboratory's message; of an ORM nobody can say."""
    if orders.msh.message_code == "OML":
        return Category.LABORATORY
    raise CannotApply("no_order_section")


def _service(group: OrderGroup, code: str, text: str, starts_at: datetime) -> dict[str, Any]:
    timing = group.timing
    is_at_a_time = timing.starts_at is not None and timing.starts_at.precision not in {"year", "month", "day"}
    return {
        "code": code[:20],
        "text": text[:300],
        "priority": timing.priority or "routine",
        "frequency": " ".join(part for part in (timing.pattern, timing.text) if part)[:80],
        "clinical_question": _clinical(group)[:300],
        "days": min(timing.lasts_days(), 365),
        "occurrence_at": starts_at if is_at_a_time else None,
        "note": " ".join(group.notes)[:300],
    }


def _clinical(group: OrderGroup) -> str:
    detail = group.detail
    if detail is None or detail.name != "OBR":
        return ""
    return detail[13].text() or detail[31].text(2) or detail[31].text(1)


def _medicine(orders: HisOrders, group: OrderGroup, starts_at: datetime) -> dict[str, Any]:
    drug, timing = group.drug, group.timing
    code, text, properties = _drug(orders, drug)
    if drug.amount is None:
        raise CannotApply("unclear_dose", number=group.number)
    try:
        times_per_day = timing.times_per_day()
    except UnclearTiming as error:
        raise CannotApply("unclear_timing", sent=str(error)[:40]) from error
    once = starts_at if timing.is_once else None
    if not (times_per_day or once or timing.as_needed):
        raise CannotApply("unclear_timing", sent=timing.pattern[:40])
    return {
        "code": code,
        "text": text[:300],
        "ingredient": str(properties.get("ingredient", ""))[:200],
        "route": _route(group, properties),
        "dose": drug.amount,
        "dose_unit": _unit(orders, drug, properties),
        "times_per_day": times_per_day,
        "times": list(timing.explicit_times),
        "rate": drug.rate[:40],
        "as_needed": timing.as_needed,
        "as_needed_for": ((drug.indication or timing.condition or _("as the HIS says"))[:120])
        if timing.as_needed
        else "",
        "meal": timing.meal,
        "priority": timing.priority or "routine",
        "occurrence_at": once,
        "days": min(timing.lasts_days(), 365),
        "note": " ".join(part for part in (drug.instructions, timing.text, *group.notes) if part)[:300],
    }


def _drug(orders: HisOrders, drug: Drug) -> tuple[str, str, dict[str, Any]]:
    """(our code, name, the catalogue's properties); a medicine without a code is taken by its name."""
    sent = drug.give.code
    if not sent:
        if not drug.give.text:
            raise CannotApply("unmapped_medicine", sent="")
        return "", drug.give.text, {}
    code = ours(orders.channel, "medicine", [sent]).get(sent, sent)
    found = concept("medicine", code)
    if found is None:
        raise CannotApply("unmapped_medicine", sent=sent)
    return code, found.display, dict(found.properties)


def _unit(orders: HisOrders, drug: Drug, properties: dict[str, Any]) -> str:
    """Our unit where the sender's is mapped or one of ours; else as sent, and listed; none sent: the catalogue's."""
    sent = drug.units.identifier or drug.units.text
    if not sent:
        if not properties.get("unit_code"):
            raise CannotApply("unclear_dose", number="")
        return str(properties["unit_code"])
    unit = ours(orders.channel, "unit", [sent]).get(sent, sent)
    if concept("dose-unit", unit) is None:
        note_unmapped(orders.channel, "unit", sent)
        orders.remark("unmapped_unit", sent=sent)
    return unit[:20]


def _route(group: OrderGroup, properties: dict[str, Any]) -> str:
    sent = group.route.identifier.upper()
    for code in (_ROUTES.get(sent, ""), sent):
        if code and concept("medicine-route", code) is not None:
            return code
    if not sent and properties.get("route"):
        return str(properties["route"])
    raise CannotApply("unclear_route", sent=(group.route.identifier or group.route.text)[:40])
