"""What brings people to a district hospital, as the demo's doctors write it. Made up, plausible, nobody's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of stay: diagnosis, why they came, what each day says, what is given. Names come from the catalogues."""

    department: str
    code: str
    reason: str
    course: tuple[str, ...]
    medicines: tuple[
        tuple[str, str, str, int, int | None], ...
    ] = ()  # code, unit, route, times a day, day of use
    tests: tuple[str, ...] = ()


CASES = (
    Case(
        "K03", "J18.9", "Ho, sốt, khó thở",
        (
            "Tỉnh, sốt 38,6 °C, ho khạc đờm vàng. Phổi giảm thông khí, ran nổ đáy phải. SpO2 94% khí trời.",
            "Còn sốt nhẹ 37,8 °C, ho giảm, ăn được nửa suất. Phổi còn ran nổ đáy phải.",
            "Hết sốt, ho ít, ăn ngủ được. Phổi ran thưa dần. Tiếp tục điều trị.",
            "Tỉnh, không sốt, không khó thở, phổi thông khí rõ hai bên.",
        ),
        (
            ("TH0026", "lo", "IV", 2, 1),
            ("TH0001", "vien", "PO", 3, None),
        ),
        ("XN0001", "XN0041"),
    ),
    Case(
        "K03", "I10", "Đau đầu, chóng mặt",
        (
            "Người bệnh tỉnh, đau đầu vùng chẩm, chóng mặt khi đổi tư thế. Huyết áp 180/100 mmHg. Không yếu liệt.",
            "Đỡ đau đầu, huyết áp 150/90 mmHg, tim đều, phổi trong.",
            "Hết chóng mặt, huyết áp 135/80 mmHg. Ăn ngủ tốt.",
        ),
        (("TH0052", "vien", "PO", 1, None),),
        ("XN0015",),
    ),
    Case(
        "K03", "E11.9", "Mệt, khát nhiều, tiểu nhiều",
        (
            "Mệt mỏi, khát nhiều, tiểu nhiều. Đường huyết mao mạch 17,2 mmol/L. Không sốt, phổi trong.",
            "Đỡ khát, đường huyết lúc đói 10,4 mmol/L. Ăn theo chế độ.",
            "Ổn định, đường huyết lúc đói 7,8 mmol/L.",
        ),
        (("TH0084", "vien", "PO", 2, None),),
        ("XN0011",),
    ),
    Case(
        "K03", "J44.1", "Khó thở tăng",
        (
            "Khó thở khi nói từng câu, ran rít ran ngáy hai phổi, SpO2 90% khí trời. Thở oxy 2 L/phút.",
            "Đỡ khó thở, ran rít giảm, SpO2 95% với oxy 1 L/phút.",
            "Khó thở nhẹ khi gắng sức, tự đi lại trong phòng.",
        ),
        (("TH0113", "ong", "NEB", 3, None),),
    ),
    Case(
        "K19", "K35.8", "Đau bụng hố chậu phải",
        (
            "Đau hố chậu phải tăng dần 12 giờ, sốt 38 °C, phản ứng thành bụng hố chậu phải. Chỉ định mổ cấp cứu.",
            "Ngày thứ nhất sau mổ: tỉnh, đau vết mổ vừa, bụng mềm, chưa trung tiện.",
            "Đã trung tiện, ăn cháo, vết mổ khô.",
        ),
        (("TH0026", "lo", "IV", 2, 1),),
    ),
    Case(
        "K19", "S52.5", "Ngã chống tay, đau cổ tay",
        ("Sưng đau, biến dạng cổ tay phải, mạch quay rõ. Bó bột cẳng bàn tay.", "Ngón tay hồng, cử động được, đỡ sưng."),
        (("TH0001", "vien", "PO", 3, None),),
    ),
    Case(
        "K18", "J20.9", "Ho, sốt",
        ("Trẻ tỉnh, sốt 38,5 °C, ho đờm, phổi ran ẩm hai bên, không rút lõm ngực.", "Giảm sốt, ho ít."),
        (("TH0003", "goi", "PO", 3, None),),
    ),
    Case(
        "K18", "A09.9", "Tiêu chảy, nôn",
        ("Trẻ tiêu lỏng 6 lần, nôn 2 lần, mắt không trũng, khát nước vừa.", "Tiêu 2 lần phân sệt, không nôn, bú tốt."),
    ),
    Case(
        "K27", "O80.0", "Đau bụng chuyển dạ",
        ("Thai 39 tuần, cơn co tần số 3, tử cung mở 4 cm, tim thai 142 l/ph.", "Sau đẻ: tử cung co hồi tốt."),
    ),
    Case(
        "K02", "I63.9", "Yếu nửa người, nói khó",
        ("Tỉnh, Glasgow 14, yếu nửa người trái cơ lực 3/5, nói khó. Huyết áp 165/95 mmHg.", "Nói rõ hơn."),
    ),
)  # fmt: skip
