"""Messages as partners send them, with names of people in the hospital's tests."""

from integrations.hl7v2.building import build_message, build_segment


def msh(
    message_type: str = "ADT^A01",
    control_id: str = "M1",
    *,
    at: str = "20261122080000",
    sender: str = "HIS",
    facility: str = "99999",
    version: str = "2.5.1",
    accept: str = "",
    application: str = "",
) -> str:
    """An MSH line."""
    return (
        f"MSH|^~\\&|{sender}|{facility}|EMR|{facility}|{at}||{message_type}|{control_id}|P|{version}|||{accept}|{application}"
        "||UNICODE UTF-8"
    )


def adt(
    event: str = "A01",
    control_id: str = "M1",
    *,
    at: str = "20261122080000",
    number: str = "BN000001",
    name: str = "Nguyễn^Văn Bình",
    birth: str = "19800517",
    sex: str = "M",
    visit: str = "DT000001",
    patient_class: str = "I",
    place: str = "K03^P1^G1",
    extra: str = "",
    pid_extra: str = "",
    sender: str = "HIS",
) -> bytes:
    """A short, correct ADT message."""
    lines = [
        msh(f"ADT^{event}", control_id, at=at, sender=sender),
        f"EVN|{event}|{at}||||{at}",
        f"PID|1||{number}^^^BV99999^MR||{name}||{birth}|{sex}{pid_extra}",
        f"PV1|1|{patient_class}|{place}||||||||||||||||{visit}" + "|" * 25 + at,
        *([extra] if extra else []),
    ]
    return ("\r".join(lines) + "\r").encode()


def merge(control_id: str, *, survivor: str, removed: str, at: str) -> bytes:
    """An ADT^A40."""
    lines = [
        msh("ADT^A40^ADT_A39", control_id, at=at),
        f"EVN|A40|{at}||||{at}",
        f"PID|1||{survivor}^^^BV99999^MR||Nguyễn^Văn Bình",
        f"MRG|{removed}^^^BV99999^MR",
    ]
    return ("\r".join(lines) + "\r").encode()


def hostile_name(full_name: str, *, control_id: str = "H1") -> bytes:
    """A message whose writer escapes properly, whatever the name holds."""
    return build_message(
        [
            "HIS",
            "99999",
            "EMR",
            "99999",
            "20261122080000",
            None,
            ["ADT", "A04", "ADT_A01"],
            control_id,
            "P",
            "2.5.1",
        ],
        build_segment("EVN", "A04", "20261122080000"),
        build_segment(
            "PID",
            "1",
            None,
            ["BN000009", None, None, "BV99999", "MR"],
            None,
            [full_name],
            None,
            "19900101",
            "F",
        ),
        build_segment("PV1", "1", "O", ["K01"]),
    )
