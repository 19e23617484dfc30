"""Orders as a HIS sends them, and a hospital whose HIS keeps them."""

import itertools
import re

from emr.accounts.models import Organization
from emr.common.clock import now
from emr.terminology.models import CodeSystem, Concept
from encounters.orders.services import load_shipped
from integrations.his.models import Master
from tests.emr.people import make_user
from tests.encounters.orders.tables import know_medicines
from tests.integrations.conftest import ago
from tests.integrations.messages import msh

_ids = itertools.count(1)
BINH = "Nguyễn^Văn Bình||19800517|M"
ORDERS = [matter for matter in Master.Matter.values if matter.startswith("order:")]


def keep(facility: Organization, keeper: str, *matters: str) -> None:
    """The facility has decided who keeps these matters."""
    by = make_user(f"it{next(_ids)}", "Lý Văn Tin", "integration", facility)
    for matter in matters:
        Master.objects.update_or_create(
            facility=facility,
            matter=matter,
            defaults={"keeper": keeper, "changed_by": by, "changed_at": now()},
        )


def know_codes() -> None:
    """Routes and units in the catalogue."""
    for system, codes in (("medicine-route", ("PO", "IV", "IM")), ("dose-unit", ("vien", "ong", "mg"))):
        known = CodeSystem.objects.create(code=system, url=f"urn:t:{system}", title=system)
        for code in codes:
            Concept.objects.create(system=known, code=code, display=code)


def ordering_his(facility: Organization) -> None:
    """Every kind of order is the HIS's; medicines and services are known here."""
    know_medicines()
    know_codes()
    load_shipped("services", facility=facility)
    keep(facility, "his", *ORDERS)


def _message(kind: str, *segments: str, number: str, visit: str, at: str, person: str = BINH) -> bytes:
    lines = [
        msh(kind, f"O{next(_ids)}", at=at),
        f"PID|1||{number}^^^BV99999^MR||{person}",
        "PV1|1|I|K03^P1^G1||||||||||||||||" + visit,
        *segments,
    ]
    return ("\r".join(lines) + "\r").encode()


def orc(control: str, order: str, at: str, *, status: str = "", reason: str = "", parent: str = "") -> str:
    """An ORC with the prescriber's licence and name."""
    return f"ORC|{control}|{order}|||{status}|||{parent}|{at}|||BS9^Lê^Thị Hoa||||{'^' + reason if reason else ''}"


def medicine(
    control: str = "NW",
    order: str = "TH-1",
    hours: float = 2,
    *,
    code: str = "TH0017^Amoxicilin 500mg",
    amount: str = "1",
    unit: str = "vien",
    pattern: str = "BID",
    route: str = "PO",
    number: str = "BN000001",
    visit: str = "DT000001",
    person: str = BINH,
    starts: str = "",
    tq1: str = "",
    **head: str,
) -> bytes:
    """An RDE^O11: amoxicillin, one capsule twice a day."""
    at = ago(hours)
    return _message(
        "RDE^O11^RDE_O11",
        orc(control, order, at, **head),
        tq1 or f"TQ1|1||{pattern}|||5^D|{starts or at}",
        f"RXE||{code}|{amount}||{unit}||^Uống sau ăn",
        f"RXR|{route}",
        number=number,
        visit=visit,
        person=person,
        at=at,
    )


def examination(
    control: str = "NW",
    order: str = "XN-1",
    hours: float = 2,
    *,
    code: str = "XN0001^Công thức máu",
    kind: str = "OML^O21^OML_O21",
    section: str = "LAB",
    number: str = "BN000001",
    visit: str = "DT000001",
    person: str = BINH,
    **head: str,
) -> bytes:
    """An OML^O21: a blood count."""
    at = ago(hours)
    return _message(
        kind,
        orc(control, order, at, **head),
        f"OBR|1|{order}||{code}|||||||||Sốt cao{'|' * 11}{section}",
        number=number,
        visit=visit,
        person=person,
        at=at,
    )


def bare(control: str, order: str, hours: float, *, kind: str = "ORM^O01^ORM_O01", **head: str) -> bytes:
    """An ORC alone: what a cancellation, a hold and a release need."""
    at = ago(hours)
    return _message(kind, orc(control, order, at, **head), number="BN000001", visit="DT000001", at=at)


def again(raw: bytes) -> bytes:
    """The same message with another control id."""
    return re.sub(rb"\|[OF]\d+\|P\|", b"|R%d|P|" % next(_ids), raw, count=1)
