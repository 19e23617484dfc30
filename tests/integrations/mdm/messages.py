"""MDM messages as a HIS sends them."""

import base64

from tests.integrations.conftest import ago
from tests.integrations.messages import msh

PDF = b"%PDF-1.7 don thuoc ngoai tru"


def mdm(
    event: str = "T02",
    control_id: str = "D1",
    *,
    hours: float = 1,
    number: str = "DOC1",
    parent: str = "",
    data: bytes | None = PDF,
    text: str = "",
    patient: str = "BN000001",
    name: str = "Nguyễn^Văn Bình",
    birth: str = "19800517",
    visit: str = "DT000001",
    completion: str = "AU",
    confidentiality: str = "",
) -> bytes:
    """A correct message."""
    at = ago(hours)
    lines = [
        msh(f"MDM^{event}^MDM_T02", control_id, at=at),
        f"EVN|{event}|{at}",
        f"PID|1||{patient}^^^BV99999^MR||{name}||{birth}|M",
        "PV1|1|I|K03" + "|" * 16 + visit,
        "|".join(
            [
                "TXA", "1", "DT^Đơn thuốc^L", "AP", at, "BS01^Lê^Minh", at, "", "", "BS01^Lê^Minh", "", "",
                number, parent, "", "", "don.pdf", completion, confidentiality,
            ]
        ),
    ]  # fmt: skip
    if data is not None:
        content = base64.b64encode(data).decode()
        lines.append(f"OBX|1|ED|DT^Đơn thuốc ra viện^L|1|^application^pdf^Base64^{content}||||||F")
    if text:
        lines.append(f"OBX|2|TX|DT^Lời dặn^L|1|{text}||||||F")
    return ("\r".join(lines) + "\r").encode()
