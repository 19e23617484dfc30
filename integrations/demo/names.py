"""Fabricated people: names as common as they are in Viet Nam, numbers that nobody was given. One seed, one people."""

import datetime as dt
import random
from dataclasses import dataclass

FAMILIES = (
    ("Nguyễn", 38), ("Trần", 11), ("Lê", 10), ("Phạm", 7), ("Hoàng", 5), ("Huỳnh", 4), ("Phan", 4), ("Vũ", 4),
    ("Võ", 3), ("Đặng", 2), ("Bùi", 2), ("Đỗ", 2), ("Hồ", 2), ("Ngô", 2), ("Dương", 1), ("Lý", 1), ("Nông", 1), ("Lò", 1),
)  # fmt: skip
MIDDLES = {
    "male": (
        "Văn",
        "Văn",
        "Văn",
        "Đức",
        "Hữu",
        "Minh",
        "Quang",
        "Công",
        "Xuân",
        "Thanh",
        "Ngọc",
        "Đình",
        "Trọng",
    ),
    "female": (
        "Thị",
        "Thị",
        "Thị",
        "Thị",
        "Ngọc",
        "Thanh",
        "Thu",
        "Minh",
        "Bích",
        "Kim",
        "Hồng",
        "Thị Thu",
        "Thị Ngọc",
    ),
}
GIVEN = {
    "male": (
        "An", "Bảo", "Bình", "Cường", "Dũng", "Đạt", "Đức", "Giang", "Hải", "Hiếu", "Hòa", "Hoàng", "Hùng", "Huy", "Khánh",
        "Khoa", "Kiên", "Lâm", "Long", "Mạnh", "Minh", "Nam", "Nghĩa", "Phong", "Phúc", "Quân", "Quang", "Sơn", "Tài", "Tâm",
        "Thắng", "Thành", "Thiện", "Toàn", "Trung", "Tuấn", "Tùng", "Việt", "Vinh", "Ổn",
    ),
    "female": (
        "An", "Anh", "Ánh", "Bình", "Chi", "Dung", "Duyên", "Đào", "Giang", "Hà", "Hạnh", "Hằng", "Hiền", "Hoa", "Hòa",
        "Hồng", "Huệ", "Hương", "Lan", "Lệ", "Liên", "Linh", "Loan", "Mai", "My", "Nga", "Ngân", "Ngọc", "Nhung", "Oanh",
        "Phương", "Quyên", "Tâm", "Thảo", "Thoa", "Thu", "Thủy", "Trang", "Tuyết", "Yến",
    ),
}  # fmt: skip
HAMLETS = (
    "Thôn Đông",
    "Thôn Đoài",
    "Xóm Mới",
    "Tổ 3",
    "Tổ 7",
    "Khu 2",
    "Ấp Bình Hòa",
    "Bản Nà Lầu",
    "Số 12 đường Trần Phú",
)
OCCUPATION_TEXT = (
    "nông dân",
    "công nhân",
    "giáo viên",
    "hưu trí",
    "buôn bán",
    "học sinh",
    "nội trợ",
    "lái xe",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who never was."""

    full_name: str
    sex: str
    birth_date: dt.date | None
    birth_year: int
    citizen_number: str
    phone: str
    address_line: str


def person(chance: random.Random, today: dt.date) -> Person:
    """One fabricated person, mostly old or very young as in a district hospital."""
    sex = chance.choice(("male", "female"))
    family = chance.choices([name for name, _ in FAMILIES], [weight for _, weight in FAMILIES])[0]
    full_name = f"{family} {chance.choice(MIDDLES[sex])} {chance.choice(GIVEN[sex])}"
    age = max(
        0,
        min(
            97,
            int(
                chance.choices(
                    (chance.gauss(66, 13), chance.gauss(38, 12), chance.uniform(0, 12)), (5, 3, 2)
                )[0]
            ),
        ),
    )
    year = today.year - age
    born = dt.date(year, 1, 1) + dt.timedelta(days=chance.randrange(365))
    if born > today:
        born = today - dt.timedelta(days=chance.randrange(1, 27))
    # Some of the old know their year alone.
    known = born if age < 75 or chance.random() < 0.6 else None
    century = {19: 0, 20: 2}[born.year // 100] + (sex == "female")
    # 999 is no province: the number can belong to nobody.
    citizen = f"999{century}{born.year % 100:02d}{chance.randrange(10**6):06d}" if age >= 6 else ""
    return Person(
        full_name, sex, known, born.year, citizen, f"09{chance.randrange(10**8):08d}", chance.choice(HAMLETS)
    )
