"""Result messages read: values of every kind, corrections, antibiograms, reports in words, files (exchange of HL7 v2)."""

import base64
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.common.clock import now
from encounters.results.facts import ReportFacts
from integrations.hl7v2.outcomes import CannotApply
from integrations.lis.reading import read_oru
from integrations.lis.translating import filler_key, reports, wrong_patient
from integrations.lis.values import limits_in, number_in
from integrations.transport.models import Channel, Message
from tests.integrations.lis.results import obr, obx, oru


def read(*segments: str, sender: str = "LIS") -> list[ReportFacts]:
    """The reports of a message with these segments."""
    channel = Channel(sending_application=sender, sending_facility="99999")
    message = Message(channel=channel, raw=oru(*segments, sender=sender), received_at=now())
    return [report for _group, report in reports(read_oru(message))]


@pytest.mark.parametrize(
    ("kind", "value", "number", "comparator", "text"),
    [
        ("NM", "5.4", Decimal("5.4"), "", ""),
        ("NM", "5,4", Decimal("5.4"), "", ""),
        ("ST", "92", Decimal(92), "", ""),
        ("ST", "<0.5", Decimal("0.5"), "<", ""),
        ("ST", "≥ 10", Decimal(10), ">=", ""),
        ("SN", "<^0.5", Decimal("0.5"), "<", ""),
        ("SN", "^1^:^40", None, "", "1:40"),
        ("SN", "^2^-^4", None, "", "2-4"),
        ("ST", "Dương tính (1+)", None, "", "Dương tính (1+)"),
        ("ST", "A^Rh&D+", None, "", "A^Rh&D+"),
        ("TX", "12", None, "", "12"),
        ("CE", "POS^Dương tính^L", None, "", "Dương tính"),
    ],
)
def test_a_value_is_a_number_only_where_it_is_one(
    kind: str, value: str, number: Decimal | None, comparator: str, text: str
) -> None:
    (report,) = read(obr(), obx(kind, "X^Xét nghiệm^L", value))
    (found,) = report.values
    assert (found.number, found.comparator, found.text) == (number, comparator, text)


@pytest.mark.parametrize(
    ("reference", "limits"),
    [
        ("3.9-6.4", (Decimal("3.9"), Decimal("6.4"))),
        ("3,9 – 6,4", (Decimal("3.9"), Decimal("6.4"))),
        ("< 5", (None, Decimal(5))),
        (">=60", (Decimal(60), None)),
        ("Nam: 130-160; Nữ: 120-150", (None, None)),
        ("6.4-3.9", (None, None)),
        ("Âm tính", (None, None)),
        ("5", (None, None)),
    ],
)
def test_limits(reference: str, limits: tuple[Decimal | None, Decimal | None]) -> None:
    assert limits_in(reference) == limits


@given(st.text(max_size=30))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    found = number_in(text)
    assert found is None or found[1].is_finite()
    low, high = limits_in(text)
    assert low is None or high is None or low <= high


def test_codes_units_flags_and_ranges_are_kept_as_sent() -> None:
    (report,) = read(
        obr(placer="YL260000001"),
        obx(
            "NM", "CRE^Creatinin^L^14682-9^Creatinine^LN", "142", unit="µmol/L", reference="53-115", flag="H"
        ),
        "NTE|1|L|Đã chạy lại lần hai.",
    )
    (value,) = report.values
    assert (value.code, value.loinc, value.unit, value.flag) == ("CRE", "14682-9", "µmol/L", "H")
    assert (value.low, value.high, value.reference) == (Decimal(53), Decimal(115), "53-115")
    assert value.note == "Đã chạy lại lần hai."
    assert (report.status, report.category, report.placer_number) == ("final", "laboratory", "YL260000001")
    assert report.filler_number == "F1|XN0015"
    assert report.approver == "Lê Minh"
    assert report.collected_at is not None
    assert report.received_at is not None
    assert report.collected_at < report.received_at < report.issued_at


def test_the_national_index_is_known_beside_loinc() -> None:
    (report,) = read(obr(), obx("NM", "1000123^Creatinin^QD1227^14682-9^^LN", "90"))
    assert (report.values[0].national_code, report.values[0].loinc) == ("1000123", "14682-9")


def test_several_tests_of_one_tube_are_several_reports() -> None:
    found = read(obr(code="A^Một^L"), obx("NM", "A", "1"), obr(code="B^Hai^L"), obx("NM", "B", "2"))
    assert [report.filler_number for report in found] == ["F1|A", "F1|B"]
    assert [report.values[0].number for report in found] == [1, 2]


def test_a_result_changed_without_its_time_is_another_version() -> None:
    first = read(obr(), obx("NM", "A", "1"))[0]
    assert read(obr(), obx("NM", "A", "1"))[0].version_key == first.version_key
    assert read(obr(), obx("NM", "A", "2"))[0].version_key != first.version_key
    assert len(first.version_key) <= 80


def test_the_status_is_what_the_findings_say_where_obr_says_nothing() -> None:
    for said, meant in (("F", "final"), ("P", "preliminary"), ("C", "corrected")):
        assert read(obr(status=""), obx("NM", "A", "1", status=said))[0].status == meant


def test_an_antibiogram_stands_under_its_isolate_by_sub_id() -> None:
    (report,) = read(
        obr(code="XN0060^Cấy máu^L", section="MB"),
        obx("CE", "ORG^Vi khuẩn^L", "ECO^Escherichia coli^L", sub="1"),
        obx("ST", "AMK^Amikacin^L", "4", flag="S", sub="1.1"),
        obx("ST", "CIP^Ciprofloxacin^L", ">32", flag="R", sub="1.2"),
    )
    (isolate,) = report.values
    assert report.category == "microbiology"
    assert isolate.text == "Escherichia coli"
    assert [(child.title, child.flag) for child in isolate.children] == [
        ("Amikacin", "S"),
        ("Ciprofloxacin", "R"),
    ]


def test_an_antibiogram_of_its_own_group_stands_under_the_isolate_that_it_names() -> None:
    (report,) = read(
        obr(code="XN0060^Cấy máu^L", section="MB"),
        obx("CE", "ORG^Vi khuẩn^L", "ECO^Escherichia coli^L", sub="1"),
        obr(filler="F2", code="KSD^Kháng sinh đồ^L", section="MB", parent="ORG&Vi khuẩn&L^1"),
        obx("ST", "AMK^Amikacin^L", "4", flag="S"),
    )
    assert [child.title for child in report.values[0].children] == ["Amikacin"]


def test_an_image_is_told_in_words_with_its_conclusion_apart() -> None:
    (report,) = read(
        obr(code="CDHA0001^X-quang ngực thẳng^L", section="RAD"),
        obx("TX", "MOTA^Mô tả^L", "Hình tim không to."),
        obx("TX", "MOTA^Mô tả^L", "Phổi sáng đều."),
        obx("TX", "KL^Kết luận^L", "Chưa thấy bất thường."),
        sender="RIS",
    )
    assert report.category == "imaging"
    assert report.narrative == "Hình tim không to.\nPhổi sáng đều."
    assert report.conclusion == "Chưa thấy bất thường."
    assert report.values == ()
    assert report.performed_at is not None


def test_a_laboratorys_text_that_comes_line_by_line_is_one_finding() -> None:
    (report,) = read(obr(), obx("TX", "N^Nhận xét^L", "Dòng một"), obx("TX", "N^Nhận xét^L", "Dòng hai"))
    assert [value.text for value in report.values] == ["Dòng một\nDòng hai"]


def test_a_pdf_comes_whole() -> None:
    data = base64.b64encode(b"%PDF-1.7 trang").decode()
    (report,) = read(obr(), obx("ED", "PDF^Phiếu kết quả^L", f"LIS^application^pdf^Base64^{data}"))
    (file,) = report.attachments
    assert (file.content_type, file.data, file.title) == (
        "application/pdf",
        b"%PDF-1.7 trang",
        "Phiếu kết quả",
    )


@pytest.mark.parametrize(
    "value", ["LIS^^^Base64^@@@", "LIS^^^Hex^00", f"LIS^^^Base64^{base64.b64encode(b'MZ').decode()}"]
)
def test_a_file_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(CannotApply, match="bad_attachment"):
        read(obr(), obx("ED", "PDF^Phiếu^L", value))


def test_a_report_without_any_number_is_refused() -> None:
    with pytest.raises(CannotApply, match="no_result_number"):
        read(obr(filler=""), obx("NM", "A", "1"))


def test_a_message_without_results_or_with_two_people_is_refused() -> None:
    message = Message(channel=Channel(sending_application="LIS"), raw=oru(), received_at=now())
    with pytest.raises(CannotApply, match="no_results"):
        read_oru(message)
    message.raw = oru("PID|1||2^^^BV99999^MR||A", obr(), obx("NM", "A", "1"))
    with pytest.raises(CannotApply, match="several_patients"):
        read_oru(message)


def test_a_group_taken_back_is_known() -> None:
    message = Message(
        channel=Channel(sending_application="LIS"),
        raw=oru(obr(), obx("NM", "A", "1", status="W"), obr(filler="F2"), obx("NM", "A", "1")),
        received_at=now(),
    )
    first, second = read_oru(message).groups
    assert (wrong_patient(first), wrong_patient(second)) == (True, False)
    assert filler_key(first) != filler_key(second)
