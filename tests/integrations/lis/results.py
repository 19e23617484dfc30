"""ORU^R01 messages as laboratories and radiology systems send them."""

from tests.integrations.conftest import ago

PID = "PID|1||0000001^^^BV99999^MR||Đào^Thị Bích Đào||19600203|F"


def oru(
    *segments: str,
    pid: str = PID,
    control: str = "L1",
    sender: str = "LIS",
    at: float = 1,
    pv1: str = "PV1|1|I|K03",
) -> bytes:
    """A whole message; `at` is MSH-7, hours ago."""
    msh = (
        f"MSH|^~\\&|{sender}|99999|EMR|99999|{ago(at)}||ORU^R01^ORU_R01|{control}|P|2.5.1||||||UNICODE UTF-8"
    )
    return ("\r".join([msh, pid, *([pv1] if pv1 else []), *segments]) + "\r").encode()


def obr(
    *, placer: str = "", filler: str = "F1", code: str = "XN0015^Creatinin^L", status: str = "F", changed: float = 1,
    taken: float = 3, section: str = "LAB", parent: str = "",
) -> str:  # fmt: skip
    """One OBR; times are hours ago."""
    fields = ["OBR", "1", placer, filler, code, "", "", ago(taken), *[""] * 6, ago(taken - 0.5), *[""] * 7, ago(changed), "",
              section, status, parent, *[""] * 5, "BS01&Lê&Minh"]  # fmt: skip
    return "|".join(fields).rstrip("|")


def obx(
    kind: str,
    code: str,
    value: str,
    *,
    unit: str = "",
    reference: str = "",
    flag: str = "",
    status: str = "F",
    sub: str = "",
) -> str:
    """One OBX."""
    return "|".join(["OBX", "1", kind, code, sub, value, unit, reference, flag, "", "", status])
