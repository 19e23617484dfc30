"""Paper at the scanning desk: sheets written by hand that file themselves, a page from outside, another patient's page."""

import io
import uuid
from collections.abc import Sequence

import fontpkg_noto_sans
import segno
from PIL import Image, ImageDraw, ImageFont

from emr.accounts.models import User
from emr.outbox import publish
from encounters.documents.marks import form_mark
from encounters.scanning import services
from encounters.scanning.models import Paper
from encounters.scanning.services import Upload
from encounters.visits.models import Encounter

_FONT = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
_A4 = (1240, 1754)  # at 150 dots per inch
_INK = (24, 46, 110)
_GENERAL, _SURGERY = "40/BV2", "01/BV2"
_RETURNED = "Trang 1 thiếu chữ ký của người bệnh. Đề nghị ký bổ sung và quét lại."
_OUTSIDE = (
    "BỆNH VIỆN ĐA KHOA TỈNH X",
    "GIẤY CHUYỂN CƠ SỞ KHÁM BỆNH, CHỮA BỆNH",
    "Kính gửi: Trung tâm Y tế huyện",
    "Chẩn đoán: Tăng huyết áp, đái tháo đường típ 2",
    "Đã điều trị: amlodipin 5 mg, metformin 500 mg",
)
_SIGNED = (
    "Tôi đã được bác sĩ giải thích đầy đủ và đồng ý.",
    "Người bệnh (ký, ghi rõ họ tên)",
)


def _page(title: str, lines: Sequence[str], code: str = "") -> Image.Image:
    """A page as a scanner sees it, written in blue ink; with the code of a record and form where it is ours."""
    picture = Image.new("RGB", _A4, (252, 251, 247))
    draw = ImageDraw.Draw(picture)
    draw.text((140, 160), title, fill=(20, 20, 20), font=ImageFont.truetype(str(_FONT), 40))
    written = ImageFont.truetype(str(_FONT), 30)
    for number, line in enumerate(lines):
        draw.text((140, 300 + 90 * number), line, fill=_INK, font=written)
    draw.line([(700, 1300), (760, 1240), (800, 1330), (860, 1230), (980, 1290)], fill=_INK, width=5)
    if code:
        drawn = io.BytesIO()
        segno.make(code, error="m", micro=False).save(drawn, kind="png", scale=4, border=3)
        picture.paste(Image.open(drawn).convert("RGB"), (1000, 60))
    return picture


def _sheet(stay: Encounter, code: str) -> Image.Image:
    title = f"{code} · {stay.patient.full_name.upper()}"
    return _page(title, _SIGNED, form_mark(stay.uuid, code))


def _pdf(pages: Sequence[Image.Image]) -> bytes:
    kept = io.BytesIO()
    first, *rest = pages
    first.save(kept, "PDF", save_all=True, append_images=rest, resolution=150)
    return kept.getvalue()


def build(people: dict[str, User]) -> None:
    """A file of five pages from the records office, one handed in in the wrong chart, and checks that follow."""
    clerk, nurse = people["luutru"], people["dieuduong"]
    stays = list(
        Encounter.objects.filter(
            facility=clerk.facility,
            status=Encounter.Status.IN_PROGRESS,
            encounter_class=Encounter.Class.INPATIENT,
            department__code="K03",
            patient__confidentiality="N",
        )
        .select_related("patient", "department")
        .order_by("pk")[:4]
    )
    if len(stays) < 4:
        return
    first, second, third, fourth = stays
    feeder = [
        _sheet(first, _GENERAL),
        _sheet(second, _GENERAL),
        Image.new("RGB", _A4, (250, 250, 248)),
        _sheet(third, _SURGERY),
        _page("Giấy mang từ nơi khác đến", _OUTSIDE),
    ]
    services.receive(files=[Upload("may-quet-1.pdf", _pdf(feeder))], key=uuid.uuid4(), by=clerk)
    wrong = Upload("anh-chup.pdf", _pdf([_sheet(fourth, _GENERAL)]))
    services.receive(files=[wrong], key=uuid.uuid4(), by=nurse, encounter=first, code=_GENERAL)
    for stay, verdict in ((first, "accept"), (second, "return")):
        publish("demo.check_wanted", encounter_id=stay.pk, verdict=verdict)


def check(*, encounter_id: int, verdict: str, by: User) -> bool:
    """Check the paper of that stay as the head nurse would; False while the worker hasn't read it."""
    paper = Paper.objects.filter(encounter=encounter_id, status=Paper.Status.TO_CHECK).first()
    if paper is None:
        return False
    if verdict == "accept":
        services.describe(paper=paper, day=paper.day, shelf="Kho A, giá 3, hộp 12", by=by)
        paper.refresh_from_db()
        services.accept(paper=paper, revision=paper.revision, by=by)
    else:
        services.send_back(paper=paper, reason=_RETURNED, by=by)
    return True
