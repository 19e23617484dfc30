"""What the demo's HIS has told since yesterday, with a few things that don't fit; yesterday is signed off."""

import datetime as dt
import hashlib

from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from encounters.visits.models import Encounter
from integrations.his.models import Freshness
from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.timestamps import write_timestamp
from integrations.reconciling.days import Day
from integrations.reconciling.selectors import board_of
from integrations.reconciling.services import sign_off
from integrations.transport.models import Channel, DeadLetter, Message, MessageState
from patients.registry import systems
from patients.registry.models import Identifier

NOTE = "Đã báo HIS: bản tin của đợt điều trị này gửi nhầm, HIS sẽ gửi bản tin hủy."
# Visits that the HIS speaks of and nobody here knows: yesterday's, today's.
_UNKNOWN = ("DT90000001", "DT90000002")


def build(facility: Organization, people: dict[str, User]) -> int:
    """Messages about everybody in bed but the newest, one a day about nobody; returns how many messages."""
    his = Channel.objects.get(
        facility=facility, sending_application="HIS", direction=Channel.Direction.IN, protocol="mllp"
    )
    yesterday = Day(local_today() - dt.timedelta(days=1))
    begins = yesterday.begins + dt.timedelta(hours=6)
    stays = list(
        Encounter.objects.filter(facility=facility, status=Encounter.Status.IN_PROGRESS)
        .select_related("department")
        .order_by("started_at", "pk")
    )
    own = Identifier.objects.filter(
        facility=facility, system=systems.mrn(facility), patient__in=[stay.patient_id for stay in stays]
    )
    numbers = dict(own.values_list("patient_id", "value"))
    for stay in stays[:-1]:
        at = max(stay.started_at, begins)
        place = stay.department.code if stay.department else "K01"
        message = _tell(
            his, "A08", number=numbers[stay.patient_id], visit=stay.identifier, place=place, at=at
        )
        Freshness.objects.create(
            facility=facility,
            subject=Freshness.Subject.ENCOUNTER,
            subject_id=stay.pk,
            group="details",
            happened_at=at,
            message=message,
        )
    for visit, at in zip(_UNKNOWN, (begins + dt.timedelta(hours=3), now()), strict=True):
        _tell(his, "A08", number="99000001", visit=visit, place="K01", at=at)
    unusable = _tell(his, "A01", number="99000002", visit="DT90000003", place="", at=now())
    MessageState.objects.filter(message=unusable).update(state=MessageState.State.DEAD)
    DeadLetter.objects.create(message=unusable, reason="no_place")
    sign_off(
        facility=facility,
        day=yesterday,
        shown=board_of(facility, yesterday).fingerprint,
        note=NOTE,
        notes={},
        by=people["tichhop"],
    )
    return len(stays) + 2


def _tell(channel: Channel, event: str, *, number: str, visit: str, place: str, at: dt.datetime) -> Message:
    """A message as the HIS's, taken in and applied at this time."""
    code, moment = channel.facility.code, write_timestamp(at)
    control_id = f"DEMO{event}{visit}"[:20]
    raw = build_message(
        [
            channel.sending_application,
            code,
            "EMR",
            code,
            moment,
            None,
            ["ADT", event],
            control_id,
            "P",
            "2.5.1",
        ],
        build_segment("EVN", event, moment, None, None, None, moment),
        build_segment("PID", "1", None, [number, None, None, f"BV{code}", "MR"]),
        build_segment("PV1", "1", "I", [place], *[None] * 15, visit),
    )
    message = Message.objects.create(
        facility=channel.facility,
        channel=channel,
        received_at=at,
        peer_address="127.0.0.1",
        raw=raw,
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        control_id=control_id,
        message_type=f"ADT^{event}",
        version="2.5.1",
        patient_number=number,
        duplicate_key=control_id,
        reply=b"",
    )
    MessageState.objects.create(message=message, state=MessageState.State.APPLIED, changed_at=at)
    return message
