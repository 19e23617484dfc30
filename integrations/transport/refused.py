"""What was fetched and can't be taken: a sender who is asked for files hears nothing, so a person does."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from emr.common.clock import now
from integrations.transport.models import Channel, Message, MessageState
from integrations.transport.services import bury


@transaction.atomic
def file_refused(
    channel: Channel,
    *,
    raw: bytes,
    control_id: str,
    message_type: str,
    patient_number: str,
    reason: str,
    detail: Mapping[str, Any],
) -> Message:
    """Keep what was fetched and can't be taken, on the dead-letter desk once for its bytes: nobody is there to answer."""
    sha256, moment = hashlib.sha256(raw).hexdigest(), now()
    message, is_new = Message.objects.get_or_create(
        channel=channel,
        duplicate_key=f"refused:{sha256}",
        defaults={
            "facility_id": channel.facility_id,
            "received_at": moment,
            "peer_address": "",
            "raw": raw,
            "sha256": sha256,
            "size": len(raw),
            "control_id": control_id[:200],
            "message_type": message_type[:16],
            "patient_number": patient_number[:200],
            "reply": b"",
        },
    )
    if is_new:
        MessageState.objects.create(message=message, changed_at=moment)
        bury(message, reason, detail)
    return message
