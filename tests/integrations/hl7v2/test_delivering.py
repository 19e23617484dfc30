"""What the integration desk may read of a neighbour's answer."""

import pytest

from integrations.hl7v2.delivering import without_patient

SENT = (
    "MSH|^~\\&|EMR|99999|LIS|99999|20261128080000||OML^O21^OML_O21|B1|P|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||BN000123^^^BV99999^MR~079180001234^^^CCCD^NI||Nguyễn^Thị Bích Đào||19570314|F|||Thôn Đông^^^^^VNM||0912345678\r"
    "OBR|1|B26A||GLU^Glucose\r"
).encode()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Không có xét nghiệm GLU", "Không có xét nghiệm GLU"),
        ("Nguyễn Thị Bích Đào không có thẻ", "••• ••• không có thẻ"),
        ("NGUYEN THI BICH DAO (BN000123) khong co the", "••• ••• (•••) khong co the"),
        ("CCCD 079180001234, gọi 0912345678", "••• •••, gọi •••"),
        ("한국 Nguyễn", "•••"),
        ("", ""),
    ],
)
def test_a_neighbour_s_words_say_nothing_of_the_person(said: str, shown: str) -> None:
    """S-55."""
    assert without_patient(said, SENT) == shown
