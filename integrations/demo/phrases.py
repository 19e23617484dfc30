"""What bác sĩ An types short, and what internal medicine shares."""

from emr.accounts.models import User
from encounters.phrases.services import keep_phrase

_SHARED = {
    "pnbt": "Phổi thông khí tốt, rì rào phế nang rõ hai bên, không ran.",
    "tnbt": "Tim nhịp đều, T1 T2 rõ, không tiếng thổi.",
    "bm": "Bụng mềm, không chướng, gan lách không sờ chạm.",
    "hh": "Huyết áp ___ mmHg, mạch ___ lần/phút, nhiệt độ ___ °C.",
}
_OWN = {
    "tha": "Tăng huyết áp",
    "dtd": "Đái tháo đường típ 2",
    "on": "Người bệnh tỉnh, tiếp xúc tốt, ăn ngủ được.",
}


def build(people: dict[str, User]) -> None:
    """Phrases of one doctor and of one department."""
    head, doctor = people["truongkhoa"], people["bacsi"]
    department = head.current_roles[0].department
    for short, text in _SHARED.items():
        keep_phrase(by=head, abbreviation=short, text=text, department=department)
    for short, text in _OWN.items():
        keep_phrase(by=doctor, abbreviation=short, text=text)
