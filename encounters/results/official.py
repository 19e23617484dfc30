"""The official result forms, 08/BV2 to 26/BV2 (Annex XXIX of circular 32/2023/TT-BYT): which there are, which a report is.

Numbers and names are the circular's. The layout is one for all and was not compared with the printed samples of the annex:
`LAYOUT_CHECKED` says so, each form's description does, and so does the paper.
"""

from dataclasses import dataclass
from typing import Any

from emr.common.vietnamese import fold
from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import OF_THE_LABORATORY

LAYOUT_CHECKED = False
UNCHECKED = "Bố cục chưa đối chiếu mẫu chính thức."
SECTION = "report"
_VERSION = "1.0.0"
_SPECIALIST, _LABORATORY, _PATHOLOGY = "BÁC SĨ CHUYÊN KHOA", "NGƯỜI DUYỆT KẾT QUẢ", "BÁC SĨ GIẢI PHẪU BỆNH"
_MAKER = "NGƯỜI LÀM XÉT NGHIỆM"
HEAD = {"laboratory": "TRƯỞNG KHOA XÉT NGHIỆM", "pathology": "TRƯỞNG KHOA GIẢI PHẪU BỆNH"}
_C = DiagnosticReport.Category
# Marrow, its biopsy, fluids, autopsy: written by who looked, agreed to by the head (setting `result_second_signature`).
AUTOPSY = "26/BV2"
SPECIAL = frozenset({"18/BV2", "20/BV2", "21/BV2", AUTOPSY})


@dataclass(frozen=True, slots=True)
class ResultForm:
    """One form: number, title on paper, who signs, of which kinds of report, and words that tell it from the others."""

    code: str
    title: str
    signer: str
    categories: tuple[str, ...]
    words: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """As what the head of the department signs it, where one does ("" for examinations, which one doctor reads)."""
        return (
            HEAD.get("pathology" if self.signer == _PATHOLOGY else "laboratory", "")
            if self.is_laboratory
            else ""
        )

    @property
    def is_laboratory(self) -> bool:
        """Whether a laboratory makes it."""
        return not OF_THE_LABORATORY.isdisjoint(self.categories)


FORMS: dict[str, ResultForm] = {
    form.code: form
    for form in (
        ResultForm(
            "08/BV2", "Phiếu chụp X-quang", _SPECIALIST, (_C.IMAGING,), ("x-quang", "x quang", "xquang")
        ),
        ResultForm(
            "09/BV2",
            "Phiếu chụp cắt lớp vi tính",
            _SPECIALIST,
            (_C.IMAGING,),
            ("ct", "clvt", "cat lop vi tinh"),
        ),
        ResultForm(
            "10/BV2", "Phiếu chụp cộng hưởng từ", _SPECIALIST, (_C.IMAGING,), ("mri", "cong huong tu")
        ),
        ResultForm("11/BV2", "Phiếu siêu âm", _SPECIALIST, (_C.ULTRASOUND,)),
        ResultForm(
            "12/BV2", "Phiếu điện tim", _SPECIALIST, (_C.FUNCTIONAL,), ("dien tim", "dien tam do", "ecg")
        ),
        ResultForm("13/BV2", "Phiếu điện não", _SPECIALIST, (_C.FUNCTIONAL,), ("dien nao", "eeg")),
        ResultForm("14/BV2", "Phiếu nội soi", _SPECIALIST, (_C.ENDOSCOPY,)),
        ResultForm(
            "15/BV2",
            "Phiếu đo chức năng hô hấp",
            _SPECIALIST,
            (_C.FUNCTIONAL,),
            ("chuc nang ho hap", "ho hap ky", "ho hap ki"),
        ),
        ResultForm("16/BV2", "Phiếu xét nghiệm", _LABORATORY, (_C.LABORATORY, _C.OTHER)),
        ResultForm(
            "17/BV2",
            "Phiếu xét nghiệm huyết học",
            _LABORATORY,
            (_C.LABORATORY,),
            ("huyet hoc", "cong thuc mau", "tong phan tich te bao mau", "te bao mau ngoai vi", "nhom mau"),
        ),
        ResultForm(
            "18/BV2",
            "Phiếu xét nghiệm huyết - tủy đồ",
            _MAKER,
            (_C.LABORATORY, _C.PATHOLOGY),
            ("tuy do", "huyet tuy do", "huyet do", "choc hut tuy xuong"),
        ),
        ResultForm(
            "19/BV2",
            "Phiếu xét nghiệm chẩn đoán rối loạn đông cầm máu",
            _LABORATORY,
            (_C.LABORATORY,),
            ("dong mau", "cam mau", "prothrombin", "aptt", "fibrinogen"),
        ),
        ResultForm(
            "20/BV2",
            "Phiếu xét nghiệm sinh thiết tủy xương",
            _MAKER,
            (_C.LABORATORY, _C.PATHOLOGY),
            ("sinh thiet tuy xuong", "sinh thiet tuy"),
        ),
        ResultForm(
            "21/BV2",
            "Phiếu xét nghiệm nước dịch",
            _MAKER,
            (_C.LABORATORY,),
            ("nuoc dich", "te bao dich", "te bao nuoc dich", "te bao trong dich", "cong thuc te bao dich"),
        ),
        ResultForm(
            "22/BV2",
            "Phiếu xét nghiệm hóa sinh máu",
            _LABORATORY,
            (_C.LABORATORY,),
            (
                "hoa sinh mau",
                "sinh hoa mau",
                "dien giai",
                "glucose",
                "creatinin",
                "ure",
                "men gan",
                "ast",
                "alt",
            ),
        ),
        ResultForm(
            "23/BV2",
            "Phiếu xét nghiệm hóa sinh nước tiểu, phân, dịch chọc dò",
            _LABORATORY,
            (_C.LABORATORY,),
            ("nuoc tieu", "soi phan", "xet nghiem phan", "bp phan", "dich choc do", "dich nao tuy"),
        ),
        ResultForm("24/BV2", "Phiếu xét nghiệm vi sinh", _LABORATORY, (_C.MICROBIOLOGY,)),
        ResultForm("25/BV2", "Phiếu xét nghiệm giải phẫu bệnh sinh thiết", _PATHOLOGY, (_C.PATHOLOGY,)),
        ResultForm(
            AUTOPSY,
            "Phiếu xét nghiệm giải phẫu bệnh tử thi",
            _PATHOLOGY,
            (_C.PATHOLOGY,),
            ("tu thi", "mo tu thi", "giai phau tu thi"),
        ),
    )
}


def forms_for(report: DiagnosticReport) -> list[ResultForm]:
    """The forms that a report of its kind may stand on, the one that its words name first."""
    fitting = [form for form in FORMS.values() if report.category in form.categories]
    # These fit only what names them, and then before the forms of chemistry: cells of a fluid are 21.
    fitting.sort(key=lambda form: form.code in SPECIAL)
    words = f" {fold(f'{report.title} bp {report.specimen_text}')} ".replace(",", " ").replace("(", " ")
    named = [form for form in fitting if any(f" {word} " in words for word in form.words)]
    # Blood and urine alike have glucose: the specimen's word (after "bp"), which is in the later form, goes before.
    best = named[-1:] or fitting[:1]
    return best + [form for form in fitting if form not in best]


def questionnaire(form: ResultForm) -> dict[str, Any]:
    """The form as a FHIR Questionnaire: its head is the print's, its body a place that this room fills."""
    slug = form.code.lower().replace("/", "-")
    return {
        "resourceType": "Questionnaire",
        "id": slug,
        "language": "vi",
        "url": f"urn:benhanmo:questionnaire:{slug}",
        "version": _VERSION,
        "name": slug.replace("-", "_"),
        "title": form.title,
        "status": "active",
        "experimental": False,
        "subjectType": ["Encounter"],
        "date": "2026-11-28",
        "publisher": "Bệnh án mở",
        "description": f"Mẫu {form.code}, Phụ lục XXIX Thông tư 32/2023/TT-BYT, lập từ kết quả đã trả. {UNCHECKED}",
        "effectivePeriod": {"start": "2024-01-01"},
        "code": [{"system": "urn:benhanmo:form-code", "code": form.code, "display": form.title}],
        "item": [
            {
                "linkId": "report",
                "extension": [{"url": "urn:benhanmo:questionnaire-section", "valueCode": SECTION}],
                "text": "Kết quả",
                "type": "group",
            }
        ],
    }
