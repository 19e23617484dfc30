"""What a monitor sends, as IHE PCD-01 has it; a ward with a monitor; and a way to send and apply."""

import datetime as dt
import itertools
import uuid
from typing import Any

from django.db.models import F

from emr.accounts.models import Location, Organization, User
from emr.common.clock import now
from encounters.visits.models import Encounter
from integrations.hl7v2 import services as hl7v2
from integrations.hl7v2.timestamps import write_timestamp
from integrations.monitors import services
from integrations.monitors.models import Monitor, MonitorUse
from integrations.transport.models import Channel
from integrations.transport.services import channel_account
from tests.encounters.visits.ward import ago

_numbers = itertools.count(1)
# MDC code, number, unit.
HEART = ("147842^MDC_ECG_HEART_RATE^MDC", "82", "264864^MDC_DIM_BEAT_PER_MIN^MDC")
OXYGEN = ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "97", "262688^MDC_DIM_PERCENT^MDC")
BREATHING = ("151562^MDC_RESP_RATE^MDC", "18", "264928^MDC_DIM_RESP_PER_MIN^MDC")
WARMTH = ("150344^MDC_TEMP^MDC", "36.84", "268192^MDC_DIM_DEGC^MDC")
UPPER = ("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "124", "266016^MDC_DIM_MMHG^MDC")
LOWER = ("150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "76", "266016^MDC_DIM_MMHG^MDC")
ALL = (HEART, OXYGEN, BREATHING, WARMTH, UPPER, LOWER)
Shown = tuple[str, ...]


def make_channel(facility: Organization, name: str = "MONITOR") -> Channel:
    """Monitors that call from this machine."""
    channel = Channel.objects.create(
        facility=facility,
        name="Máy theo dõi",
        sending_application=name,
        sending_facility=facility.code,
        allowed_addresses=["127.0.0.0/8"],
        message_types=["ORU^R01"],
        processing_ids=["P"],
        performs="monitors",
        account=channel_account(facility, name, "Máy theo dõi"),
    )
    hl7v2.forget_channels()
    return channel


def make_monitor(ward: Organization, by: User, name: str = "MON1", channel: Channel | None = None) -> Monitor:
    """A registered monitor, on nobody."""
    assert ward.parent is not None
    found = channel or Channel.objects.filter(performs="monitors").first() or make_channel(ward.parent)
    return services.register_monitor(
        channel=found, identifier=name, label=name, name=f"Máy {name}", department=ward, by=by
    )


def put_on(
    monitor: Monitor,
    by: User,
    *,
    stay: Encounter | None = None,
    bed: Location | None = None,
    minutes: float = 30,
) -> MonitorUse:
    """On the patient, or at the bed, for so many minutes."""
    use = services.attach(monitor=monitor, by=by, key=uuid.uuid4(), stay=stay, bed=bed)
    # It was nowhere else meanwhile.
    MonitorUse.objects.filter(monitor=monitor).exclude(pk=use.pk).update(ends_at=F("starts_at"))
    MonitorUse.objects.filter(pk=use.pk).update(starts_at=ago(minutes=minutes))
    use.refresh_from_db()
    return use


def pcd(
    *shown: Shown,
    monitor: str = "MON1",
    at: dt.datetime | None = None,
    pid: str = "",
    pv1: str = "",
    control: str = "",
    sender: str = "MONITOR",
    more: str = "",
) -> bytes:
    """One message; a fourth part of a value is its own time (OBX-14), a fifth OBX-8, a sixth OBX-11."""
    when = write_timestamp(at or now())
    lines = [
        f"MSH|^~\\&|{sender}|99999|EMR|99999|{when}||ORU^R01^ORU_R01|{control or f'PCD{next(_numbers)}'}|P|2.6||||||"
        "UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO",
        f"PID|||{pid}",
        f"PV1||I|{pv1}",
        f"OBR|1||F1|182777000^monitoring of patient^SCT|||{when}",
    ]
    if monitor:
        head = "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||"
        lines.append(f"{head}{monitor}^TEST")
    for index, value in enumerate(shown or ALL, start=2):
        code, number, unit, own, mark, status = (*value, *("", "", "R")[max(len(value) - 3, 0) :])[:6]
        lines.append(f"OBX|{index}|NM|{code}|1.1.1.{index}|{number}|{unit}||{mark}|||{status}|||{own}")
    return ("\r".join([*lines, *([more] if more else [])]) + "\r").encode()


def values_of(readings: Any) -> dict[str, str]:
    """{LOINC: the number} of readings or measurements, oldest first."""
    return {row.code: f"{row.value.normalize():f}" for row in readings}
