"""A PDF or picture in a channel's folder, by a system that writes no HL7: read as the MDM^T02 that it would have sent.

Its name says whose it is: `PATIENT_VISIT_KIND_NUMBER.pdf`, for instance `BN000123_DT000456_DONTHUOC_2026-00017.pdf`; the
visit may be empty (`BN000123__DONTHUOC_…`). The same file again is the same message; another one with the number is a
new version.
"""

import base64
import datetime as dt
import hashlib
import re
import unicodedata

from emr.common.clock import now
from emr.storage.strangers import kind_of
from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.models import Channel

DOCUMENT = "MDM^T02"
_NAME = re.compile(r"([^_\s]{1,40})_([^_\s]{0,40})_([^_]{1,60})_(\S.{0,119})\.[A-Za-z]{3,4}")
# "Documented": whether somebody answers for it is not said.
_COMPLETION = "DO"


def is_document(content: bytes) -> bool:
    """Whether the file is a PDF, JPEG or PNG, whatever its name ends with."""
    return kind_of(content) is not None


def document_message(channel: Channel, name: str, content: bytes, *, written_at: dt.datetime) -> bytes | None:
    """The message that brings the document; None where the file's name doesn't say whose it is.

    `written_at` is the file's own time: of two versions the later one holds. A time to come is the present.
    """
    found = _NAME.fullmatch(unicodedata.normalize("NFC", name))
    media = kind_of(content)
    if found is None or media is None:
        return None
    patient, visit, kind, number = found.groups()
    at = write_timestamp(min(written_at, now()))
    control_id = hashlib.sha256(name.encode("utf-8", "surrogateescape") + b"\0" + content).hexdigest()[:20]
    main, _slash, sub = media.partition("/")
    data = [None, main, sub, "Base64", base64.b64encode(content).decode("ascii")]
    return build_message(
        [channel.sending_application, channel.sending_facility, "EMR", channel.facility.code, at, None,
         ["MDM", "T02", "MDM_T02"], control_id, (channel.processing_ids or ["P"])[0], "2.5.1", *[None] * 5, "UNICODE UTF-8"],
        build_segment("EVN", "T02", at),
        build_segment("PID", "1", None, [patient, None, None, None, "MR"]),
        build_segment("PV1", "1", "U", *[None] * 16, visit or None),
        build_segment(
            "TXA", "1", [kind, kind, "L"], "AP", at, None, at, *[None] * 5, number, *[None] * 3, name, _COMPLETION
        ),
        build_segment("OBX", "1", "ED", [kind, kind, "L"], "1", data, *[None] * 5, "F"),
    )  # fmt: skip
