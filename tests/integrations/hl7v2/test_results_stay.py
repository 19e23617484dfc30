"""The integration desk corrects identifiers and codes, sees no patient data, and never changes a result."""

import pytest

from emr.common.errors import DomainError
from integrations.hl7v2.showing import Hl7Reader

RAW = (
    b"MSH|^~\\&|LIS|99999|EMR|99999|20261122143000||ORU^R01|R1|P|2.5.1\r"
    b"PID|1||BN000001^^^BV99999^MR||NGUYEN^THI DAO||19570314|F\r"
    b"OBR|1|A1|L1|GLU^Glucose^L\r"
    b"OBX|1|NM|GLU^Glucose^L||5.6|mmol/L|3.9-6.4|N|||F|||20261122142000\r"
    b"NTE|1||hemolysis seen\r"
)


def _edited(*changes: tuple[str, str]) -> str:
    text = Hl7Reader().show(RAW, "").text
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


def test_what_is_shown_holds_nothing_of_the_patient() -> None:
    shown = Hl7Reader().show(RAW, "")
    for secret in ("NGUYEN", "DAO", "BN000001", "19570314", "5.6", "hemolysis", "3.9"):
        assert secret not in shown.text
        assert secret not in str(shown.rows)


@pytest.mark.parametrize(
    ("before", "after"),
    [("‹PID-3.1·2›", "BN000002"), ("‹OBX-3.1·4›", "GLUC"), ("‹OBR-4.1·3›", "GLUC"), ("ORU^R01", "ORU^R01")],
)
def test_numbers_and_codes_may_be_corrected(before: str, after: str) -> None:
    raw, _number = Hl7Reader().restore(_edited((before, after)), RAW, "")
    assert after.encode() in raw
    assert b"|5.6|mmol/L|3.9-6.4|N|||F|" in raw


@pytest.mark.parametrize(
    "changes",
    [
        (("‹OBX-5·4›", "7.8"),),
        (("‹OBX-6·4›", "mg/dL"),),
        (("‹OBX-7·4›", "1-9"),),
        (("‹OBX-8·4›", "H"),),
        (("‹OBX-2·4›", "ST"),),
        (("‹OBX-11·4›", "C"),),
        (("‹OBX-14·4›", "20261122150000"),),
        (("‹NTE-3·5›", "fine"),),
        (("NTE|1||", "NTE|1|x|y"),),
        (("OBX|1", "ZBX|1"),),
        (("‹OBX-5·4›", "‹OBX-6·4›"),),
        (("NTE|1", "OBX|2|NM|K^Kali^L||9.9|mmol/L|||||F\nNTE|1"),),
        (("NTE|1", " obx|2|NM|K^Kali^L||9.9|mmol/L|||||F\nNTE|1"),),
    ],
)
def test_a_results_value_is_never_changed_added_or_dropped(changes: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(DomainError) as refusal:
        Hl7Reader().restore(_edited(*changes), RAW, "")
    assert refusal.value.field == "text"


def test_another_separator_hides_no_result() -> None:
    text = Hl7Reader().show(RAW, "").text
    lines = [line.replace("|", "#") if line[:3] in {"MSH", "OBX"} else line for line in text.split("\n")]
    with pytest.raises(DomainError):
        Hl7Reader().restore("\n".join(lines), RAW, "")
