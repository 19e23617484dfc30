"""The demo's exchange beside MLLP: channels of the other kinds, codes somebody has yet to map, a document of the HIS.

Each says in its name that it is a demo. The view's database isn't there, so that channel is shut; the folder is made.
"""

import datetime as dt

from emr.accounts.models import Organization, User
from emr.common.clock import now
from encounters.visits.models import Encounter
from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.inbox import apply_message
from integrations.hl7v2.services import receive_on
from integrations.hl7v2.timestamps import write_date, write_timestamp
from integrations.transport.folders import exchange_folder
from integrations.transport.intakes import SqlSource
from integrations.transport.mapping import map_code
from integrations.transport.models import Channel, Message, NeighbourCode
from integrations.transport.services import save_channel
from integrations.transport.sources import save_source
from patients.registry import systems
from patients.registry.models import Identifier

FOLDER = "may-xet-nghiem"
_DEMO = "(minh họa)"
Kind = NeighbourCode.Kind
# (kind, theirs, what they call it, how often seen, ours or "" for what somebody is to map)
_CODES = (
    (Kind.DEPARTMENT, "NOI-TH", f"Khoa Nội tổng hợp {_DEMO}", 41, "K03"),
    (Kind.DEPARTMENT, "NGOAI", f"Khoa Ngoại chung {_DEMO}", 17, "K19"),
    (Kind.DEPARTMENT, "PKDV", f"Phòng khám dịch vụ {_DEMO}", 6, ""),
    (Kind.SERVICE, "SH-CRP", f"Định lượng CRP {_DEMO}", 9, ""),
    (Kind.SERVICE, "SH-PCT", f"Định lượng Procalcitonin {_DEMO}", 2, ""),
    (Kind.MEDICINE, "TH-000781", f"Ceftriaxon 1 g, lọ {_DEMO}", 5, ""),
    (Kind.UNIT, "BICH", f"Bịch {_DEMO}", 3, ""),
)


def build(facility: Organization, people: dict[str, User]) -> None:
    """Made once with the demo hospital."""
    by = people["tichhop"]
    for name, protocol, application, extra in (
        (
            f"HIS cơ sở 2 qua HTTP {_DEMO}",
            Channel.Protocol.HTTP,
            "HISCS2",
            {"allowed_addresses": ["127.0.0.0/8"], "performs": Channel.Performs.HIS},
        ),
        (f"Máy xét nghiệm qua thư mục {_DEMO}", Channel.Protocol.FOLDER, "MAYXN", {"folder": FOLDER}),
    ):
        channel = Channel(
            name=name,
            protocol=protocol,
            sending_application=application,
            sending_facility=facility.code,
            message_types=["ADT"] if application == "HISCS2" else ["ORU"],
            processing_ids=["P", "T", "D"],
            **({"allowed_addresses": []} | extra),
        )
        save_channel(channel, by=by)
    (exchange_folder(facility.code) / FOLDER).mkdir(parents=True, exist_ok=True)
    _build_view(facility, by)
    _build_codes(facility, by)
    _build_document(facility)


def _build_view(facility: Organization, by: User) -> None:
    channel = Channel(
        name=f"Bảng đợt điều trị của HIS cũ {_DEMO}",
        sending_application="HISCU",
        sending_facility=facility.code,
        address="127.0.0.1",
        port=3306,
        is_enabled=False,
    )
    source = SqlSource(
        driver=SqlSource.Driver.MARIADB,
        database="his_cu",
        username="benhanmo",
        view="v_dot_dieu_tri",
        kind=SqlSource.Kind.STAY,
        columns={"mrn": "ma_bn", "number": "ma_dt", "department": "ma_khoa", "began": "ngay_vao"},
        key_column="id",
        changed_column="ngay_sua",
    )
    save_source(channel, source, by=by)


def _build_codes(facility: Organization, by: User) -> None:
    his = _his(facility)
    for kind, code, words, seen, ours in _CODES:
        row = NeighbourCode.objects.create(
            facility=facility,
            channel=his,
            kind=kind,
            code=code,
            words=words,
            seen_count=seen,
            last_seen_at=now() - dt.timedelta(hours=seen),
        )
        if ours:
            map_code(row, mapped_to=ours, by=by)


def _build_document(facility: Organization) -> None:
    """A note that the HIS sends about somebody in bed: taken in and applied as the listener and the worker do."""
    stay = (
        Encounter.objects.filter(
            facility=facility, status=Encounter.Status.IN_PROGRESS, encounter_class="IMP"
        )
        .select_related("patient", "department")
        .order_by("started_at", "pk")
        .first()
    )
    if stay is None:
        return
    patient, code, his = stay.patient, facility.code, _his(facility)
    number = Identifier.objects.get(patient=patient, system=systems.mrn(facility)).value
    at = write_timestamp(now() - dt.timedelta(minutes=40))
    raw = build_message(
        ["HIS", code, "EMR", code, at, None, ["MDM", "T02", "MDM_T02"], "DEMOMDM1", "P", "2.5.1"],
        build_segment("EVN", "T02", at),
        build_segment(
            "PID", "1", None, [number, None, None, f"BV{code}", "MR"], None, [patient.full_name], None,
            write_date(patient.birth_date) if patient.birth_date else None,
        ),
        build_segment("PV1", "1", "I", [stay.department.code if stay.department else None], *[None] * 15, stay.identifier),
        build_segment(
            "TXA", "1", ["GGT", "Giấy giới thiệu", "L"], "TX", at, None, at, *[None] * 5, "DEMO-GGT-0001",
            *[None] * 4, "AU",
        ),
        build_segment(
            "OBX", "1", "TX", ["GGT", f"Giấy giới thiệu {_DEMO}", "L"], "1",
            f"BẢN MINH HỌA. Người bệnh {patient.full_name} được giới thiệu đến điều trị nội trú. Không phải giấy tờ thật.",
            *[None] * 5, "F",
        ),
    )  # fmt: skip
    receive_on(his, raw, peer_address="127.0.0.1", device="demo")
    apply_message(message_id=Message.objects.get(channel=his, control_id="DEMOMDM1").pk)


def _his(facility: Organization) -> Channel:
    return Channel.objects.get(
        facility=facility, sending_application="HIS", direction=Channel.Direction.IN, protocol="mllp"
    )
