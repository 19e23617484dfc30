"""A shift under way on a ward: patients given to nurses, some tasks ticked, isolation and risks, care columns, a wound, and
two patients handed over, one of them taken over.
"""

import datetime as dt
import io
import uuid

from PIL import Image, ImageDraw, ImageFilter

from emr.accounts.models import User
from emr.common.clock import now
from encounters.bedside.pictures import clean_picture
from encounters.bedside.selectors import tasks_of
from encounters.bedside.services import (
    assess_wound,
    assign_patients,
    find_wound,
    hand_over,
    record_execution,
    set_precaution,
    take_over,
    write_column,
)
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift, shift_at

_GIVEN, _TICKED = 6, 4
_CARE = (
    {
        "skin": "Hồng", "breathing": "Tự thở khí trời", "catheter": "Ngoại vi, VIP 0", "feeding": "Tự ăn, nửa suất",
        "urine": "Tự tiểu, vàng trong", "sleep": "Ngủ ít", "mind": "Tỉnh, tiếp xúc tốt", "mobility": "Đi lại có người đỡ",
        "fall": "Trung bình", "diagnosis": "Khó thở do ứ đọng đờm", "goal": "Đường thở thông thoáng, SpO2 từ 94 %",
        "event": "Ho khạc đờm trắng đục", "intervention": "Thực hiện y lệnh thuốc; Vỗ rung",
        "evaluation": "Khạc được đờm, dễ thở hơn", "education": "Vệ sinh tay; Dấu hiệu cần báo ngay",
    },
    {
        "skin": "Hồng", "breathing": "Tự thở khí trời", "catheter": "Ngoại vi, VIP 0", "feeding": "Tự ăn, hết suất",
        "urine": "Tự tiểu, vàng trong", "sleep": "Ngủ ít", "mind": "Tỉnh, tiếp xúc tốt", "mobility": "Đi lại có người đỡ",
        "fall": "Trung bình", "diagnosis": "Khó thở do ứ đọng đờm", "goal": "Đường thở thông thoáng, SpO2 từ 94 %",
        "intervention": "Vỗ rung; Hỗ trợ đi lại", "evaluation": "Ăn hết suất, không khó thở",
    },
)  # fmt: skip
# How the patient is, what the next shift must see to, whether somebody has taken over.
_HANDED = (
    ("Tỉnh, đỡ khó thở, ăn được nửa suất. SpO2 giữ trên 94 % khi thở khí trời.",
     "Vỗ rung lúc 20 giờ; báo bác sĩ nếu sốt trên 38,5 °C.", True),
    ("Tỉnh, không sốt. Cách ly tiếp xúc, người nhà đã được hướng dẫn rửa tay.", "Lấy mẫu cấy lại vào sáng mai.", False),
)  # fmt: skip
_PRECAUTIONS = ((0, "fall", ""), (1, "contact", "MRSA"), (3, "fall", ""), (3, "pressure", "Braden 14"))


def build(people: dict[str, User]) -> None:
    """What the head nurse gave out, and what the nurse has done of it so far."""
    nurse, head = people["dieuduong"], people["ddtruong"]
    stays = list(
        Encounter.objects.filter(
            facility=nurse.facility,
            status=Encounter.Status.IN_PROGRESS,
            encounter_class=Encounter.Class.INPATIENT,
            department__code="K03",
        )
        .select_related("patient", "department", "facility")
        .order_by("pk")
    )
    shift = shift_at(nurse.facility_id, now())
    if not stays or stays[0].department is None:
        return
    assign_patients(stays=stays[:_GIVEN], nurse=nurse, department=stays[0].department, shift=shift, by=head)
    for index, kind, note in _PRECAUTIONS:
        if index < len(stays):
            set_precaution(encounter=stays[index], kind=kind, note=note, by=nurse)
    for stay in stays[:_TICKED]:
        for task in [task for task in tasks_of(stay, shift) if task.state == "due"][:1]:
            record_execution(
                order=task.order,
                slot_at=task.slot.at,
                outcome="done",
                key=uuid.uuid5(uuid.NAMESPACE_OID, f"demo {stay.pk} {task.order.uuid}"),
                happened_at=max(task.order.confirmed_at or now(), task.slot.at),
                identified="scan",
                by=nurse,
            )
    for stay in stays[:2]:
        _care_of(stay, nurse)
    if len(stays) > 3:
        _wound_of(stays[3], nurse)
    for stay, told in zip(stays, _HANDED, strict=False):
        _handed(stay, shift, told, nurse, head)


def _key(stay: Encounter, what: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"demo {stay.pk} {what}")


def _care_of(stay: Encounter, nurse: User) -> None:
    """Two columns of the last hours, the second begun with the first one's words."""
    column = None
    for number, items in enumerate(_CARE):
        at = now() - dt.timedelta(hours=3 - 2 * number)
        if at > stay.started_at:
            column = write_column(
                encounter=stay, level="2", items=items, happened_at=at, copied_from=column, by=nurse,
                key=_key(stay, f"column {number}"),
            )  # fmt: skip


def _handed(stay: Encounter, shift: Shift, told: tuple[str, str, bool], nurse: User, head: User) -> None:
    """Handed over by the nurse; taken over by the head nurse, who stands in for the next shift."""
    situation, to_do, is_taken = told
    made = hand_over(
        encounter=stay, shift=shift, situation=situation, to_do=to_do, by=nurse, key=_key(stay, "hand-over")
    )
    if is_taken:
        take_over(handover=made, by=head)


def _drawn(radius: int) -> bytes:
    """A drawing in a photograph's place: nobody's skin."""
    picture = Image.new("RGB", (900, 700), "#e3b796")
    pen = ImageDraw.Draw(picture)
    for size, colour in ((radius + 60, "#d79a86"), (radius, "#b4413a"), (radius // 2, "#d9b45f")):
        pen.ellipse((450 - size, 350 - size * 2 // 3, 450 + size, 350 + size * 2 // 3), fill=colour)
    kept = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(8)).save(kept, "JPEG")
    return kept.getvalue()


def _wound_of(stay: Encounter, nurse: User) -> None:
    """A pressure sore that grows smaller."""
    wound = find_wound(
        encounter=stay, kind="pressure", site="sacrum", place="giữa", by=nurse, key=_key(stay, "wound")
    )
    for number, (hours, length, state) in enumerate(((8, 52, "open"), (1, 45, "better"))):
        at = now() - dt.timedelta(hours=hours)
        if at > stay.started_at:
            assess_wound(
                wound=wound, happened_at=at, state=state, stage="2", length_mm=length, width_mm=length - 15,
                exudate="little", tissue="Nền đỏ hồng, bờ rõ, da quanh ẩm", treatment="Rửa NaCl 0,9 %, băng xốp",
                photos=[clean_picture(_drawn(length * 4))], by=nurse, key=_key(stay, f"look {number}"),
            )  # fmt: skip
