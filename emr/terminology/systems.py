"""The catalogues the product knows by name: where their codes come from and what a code looks like."""

import datetime as dt
from dataclasses import dataclass

# Two levels of administration since this day (Resolution 202/2025/QH15).
TWO_LEVELS = dt.date(2025, 7, 1)


@dataclass(frozen=True)
class System:
    """A catalogue. `pattern` is a regular expression every code matches in full: it catches lost leading zeros."""

    code: str
    title: str
    title_en: str
    version: str
    url: str = ""
    pattern: str = r"\S+"
    valid_from: dt.date | None = None
    sample: bool = False

    @property
    def address(self) -> str:
        """The canonical URL: an international one, or our own."""
        return self.url or f"urn:benhanmo:codesystem:{self.code}"


SYSTEMS: dict[str, System] = {
    system.code: system
    for system in [
        System(
            "icd10",
            "Phân loại bệnh tật ICD-10",
            "ICD-10 diagnoses",
            "WHO 2019",
            "http://hl7.org/fhir/sid/icd-10",
            r"[A-Z]\d\d(\.\d{1,3})?",
        ),
        System(
            "icd9cm",
            "Phẫu thuật, thủ thuật ICD-9-CM",
            "ICD-9-CM procedures",
            "starter",
            "http://hl7.org/fhir/sid/icd-9-cm",
            r"\d\d(\.\d{1,2})?",
        ),
        System("ethnic-group", "Dân tộc", "Ethnic groups", "54 + 2", pattern=r"\d\d"),
        System("occupation", "Nghề nghiệp", "Occupations", "34/2020/QĐ-TTg", pattern=r"\d{5}"),
        System(
            "country", "Quốc gia, quốc tịch", "Countries", "ISO 3166-1", "urn:iso:std:iso:3166", r"[A-Z]{2}"
        ),
        System("province", "Tỉnh, thành phố", "Provinces", "2025-07", pattern=r"\d\d", valid_from=TWO_LEVELS),
        System(
            "commune", "Xã, phường, đặc khu", "Communes", "2025-07", pattern=r"\d{5}", valid_from=TWO_LEVELS
        ),
        System("department", "Khoa (mã Bộ Y tế)", "Departments", "1804/QĐ-BYT", pattern=r"K\d\d(\S*)"),
        System(
            "encounter-type",
            "Loại hình khám bệnh, chữa bệnh",
            "Encounter types",
            "1804/QĐ-BYT",
            pattern=r"\d\d",
        ),
        System("entitlement", "Đối tượng đến khám bệnh, chữa bệnh", "Insurance entitlement", "3276/QĐ-BYT"),
        System("payer", "Đối tượng thanh toán", "Payers", "01/BV1"),
        System("admission-source", "Trực tiếp vào", "Admitted through", "01/BV1"),
        System("referral-source", "Nơi giới thiệu", "Referred by", "01/BV1"),
        System("transfer-direction", "Chuyển viện", "Transferred to", "01/BV1"),
        System("discharge-kind", "Hình thức ra viện", "Way of leaving", "01/BV1"),
        System("discharge-disposition", "Loại ra viện", "Discharge disposition", "4750/QĐ-BYT"),
        System("discharge-outcome", "Kết quả điều trị", "Discharge outcome", "4750/QĐ-BYT"),
        System("death-cause-kind", "Lý do tử vong", "Kind of death", "01/BV1"),
        System("death-timing", "Thời điểm tử vong", "Time of death", "01/BV1"),
        System("pathology-result", "Kết quả giải phẫu bệnh", "Pathology result", "01/BV1"),
        System("accident-type", "Loại tai nạn", "Kind of accident", "5937/QĐ-BYT"),
        System("relationship", "Quan hệ với người bệnh", "Relationship to the patient", "HL7 v3 RoleCode"),
        System("medicine", "Thuốc", "Medicines", "sample", sample=True),
        System("medicine-route", "Đường dùng thuốc", "Routes of administration", "HL7 v2 0162"),
        System("dose-unit", "Đơn vị liều dùng", "Dose units", "UCUM"),
        System("laboratory-test", "Xét nghiệm", "Laboratory tests", "sample", sample=True),
        System(
            "imaging-service",
            "Chẩn đoán hình ảnh, thăm dò chức năng",
            "Imaging services",
            "sample",
            sample=True,
        ),
        System("specimen-type", "Loại bệnh phẩm", "Specimen types", "starter"),
        System("diet", "Chế độ ăn", "Diets", "sample", sample=True),
        System("care-level", "Cấp chăm sóc", "Levels of nursing care", "31/2021/TT-BYT", pattern=r"[123]"),
        System("monitoring", "Theo dõi", "Monitoring", "starter"),
    ]
}
