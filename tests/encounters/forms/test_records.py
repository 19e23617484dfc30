"""The records of Annex XXVIII: every field that the regulation names, and what they compute (R-03)."""

import re
from decimal import Decimal
from typing import Any

import pytest

from encounters.forms.engine import Form, calculate, decode, parse, read_response
from encounters.forms.engine.responses import write_response
from encounters.forms.services import answers_of
from encounters.forms.shipped import SHIPPED, assembled
from encounters.visits import record_types

NOW = "2026-11-28T09:30:00+07:00"
RECORDS = {path.stem: parse(assembled(path)) for path in sorted((SHIPPED / "records").glob("*.json"))}
GENERAL = parse(assembled(SHIPPED / "01-BV1.json"))
COMPLETE = ("02-BV1", "03-BV1", "05-BV1", "06-BV1", "10-BV1", "15-BV1", "18-BV1")
OUTPATIENT = ("15-BV1", "16-BV1", "17-BV1", "19-BV1", "29-BV1")


def under(group: str, names: str) -> str:
    """linkIds below a group."""
    return " ".join(f"{group}.{name}" for name in names.split())


# Beyond what 01/BV1 has: the fields of each type, as the regulation lists them, and the linkIds that hold them.
FIELDS: dict[str, dict[str, str]] = {
    "02-BV1": {
        "bố: họ tên, văn hóa, nghề nghiệp": "admin.father.name admin.father.education admin.father.occupation",
        "mẹ: họ tên, văn hóa, nghề nghiệp": "admin.mother.name admin.mother.education admin.mother.occupation",
        "tuổi theo tháng": "admin.age_months",
        "con thứ mấy": "case.history.child.order",
        "PARA": """case.history.child.para.term case.history.child.para.preterm case.history.child.para.abortion
            case.history.child.para.living case.history.child.para.para""",
        "tình trạng khi sinh": "case.history.child.birth",
        "cân nặng lúc sinh": "case.history.child.birth_weight",
        "dị tật": "case.history.child.malformed case.history.child.malformation",
        "phát triển tinh thần, vận động": "case.history.child.mental case.history.child.motor",
        "bệnh lý khác": "case.history.child.other",
        "nuôi dưỡng, cai sữa": "case.history.child.feeding case.history.child.weaned",
        "chăm sóc": "case.history.child.care",
        "tiêm chủng": "case.history.child.vaccines case.history.child.other_vaccines",
        "vòng ngực, vòng đầu, dinh dưỡng": """case.exam.growth.chest case.exam.growth.head
            case.exam.growth.nutrition case.exam.vitals.height""",
    },
    "10-BV1": {
        "bệnh ngoại khoa": "case.exam.surgical",
        "nguyên nhân": "diagnosis.discharge.reason",
        "trước, sau phẫu thuật": """diagnosis.preoperative.code diagnosis.preoperative.text
            diagnosis.postoperative.code diagnosis.postoperative.text""",
        "tai biến, biến chứng": "diagnosis.surgical.complication",
        "số ngày sau PT, số lần PT": "diagnosis.surgical.days diagnosis.surgical.count",
        "bảng phẫu thuật": """summary.operations.at summary.operations.method summary.operations.surgeon
            summary.operations.anaesthetist""",
        "phẫu thuật, thủ thuật": "diagnosis.surgery diagnosis.procedure",
    },
    "05-BV1": {
        "kinh cuối cùng": """case.history.pregnancy.lmp_from case.history.pregnancy.lmp_to
            case.history.pregnancy.lmp_unknown""",
        "tuổi thai": """case.history.pregnancy.weeks case.history.pregnancy.days
            case.history.pregnancy.scan_weeks case.history.pregnancy.scan_days""",
        "khám thai, uốn ván, phù": """case.history.pregnancy.care_at case.history.pregnancy.tetanus
            case.history.pregnancy.tetanus_times case.history.pregnancy.oedema""",
        "chuyển dạ": """case.history.pregnancy.labour_at case.history.pregnancy.first_sign
            case.history.pregnancy.course""",
        "phụ khoa": under(
            "case.history.gynaecology",
            """menarche_year menarche_age menses_kind cycle bleeding amount last_menses pain
            married_year married_age menopause_year menopause_age treated""",
        ),
        "sản khoa": "case.history.obstetric.para "
        + under(
            "case.history.obstetric.rows",
            """year term preterm miscarriage suction curettage covac ectopic mole stillborn
            living weight method accident""",
        ),
        "khám ngoài": "case.exam.general "
        + under("case.exam.outer", """scar shape posture fundus girth contractions heart breasts oedema"""),
        "khám trong": "case.exam.inner.bishop.total "
        + under(
            "case.exam.inner",
            """vulva vagina perineum cervix adnexa membranes ruptured_at ruptured liquor
            liquor_amount presentation position variety engagement diameter""",
        ),
        "buồng đẻ": "birth.entered_at birth.attendant birth.attendant_title",
        "trẻ": under(
            "birth.child",
            """at apgar1 apgar5 apgar10 weight length head plurality sex malformed anus
            malformation state care""",
        ),
        "sổ rau": under(
            "birth.placenta",
            """way at manner membranes lobes disc weight nuchal cord bleeding loss explored care""",
        ),
        "mẹ sau đẻ": under("birth.mother", """method reason perineum stitches suture cervix"""),
        "trước, sau phẫu thuật": "diagnosis.preoperative.code diagnosis.postoperative.code",
    },
    "03-BV1": {
        "dịch tễ": under(
            "case.history.epidemiology", """contact contact_on source place route surroundings vaccines"""
        ),
        "cách ly, khai báo": under(
            "case.isolation", """isolated since kind notifiable reported_at reported_to"""
        ),
        "tác nhân": "diagnosis.discharge.pathogen",
    },
    "06-BV1": {
        "mẹ": "case.history.mother.age case.history.mother.blood_group case.history.mother.para.para",
        "khi đẻ": """case.history.birth.at case.history.birth.method case.history.birth.cry
            case.history.birth.resuscitation case.history.birth.midwife""",
        "Apgar": " ".join(
            f"case.exam.apgar.{sign}.m{minute}"
            for sign in ("heart", "breathing", "tone", "reflex", "colour", "total")
            for minute in (1, 5, 10)
        ),
        "Silverman": under("case.exam.silverman", """chest intercostal sternum nostrils grunt total"""),
        "khám": "case.exam.newborn.weight case.exam.newborn.anus case.exam.newborn.nervous",
    },
    "15-BV1": {
        "khám": "case.exam.general case.exam.parts case.exam.tests case.exam.done",
        "chẩn đoán": "diagnosis.referral.code case.diagnosis.main.code diagnosis.discharge.main.code",
        "điều trị": "stay.treated_from stay.discharged_at",
    },
    "18-BV1": {
        "tứ chẩn": """traditional.look.spirit traditional.look.tongue traditional.look.coating traditional.listen.voice
            traditional.ask.cold_heat traditional.touch.pulse_left traditional.touch.pulse_right traditional.four""",
        "biện chứng, chẩn đoán": """traditional.reasoning traditional.diagnosis.name traditional.diagnosis.principles
            traditional.diagnosis.organs traditional.diagnosis.meridians traditional.diagnosis.cause
            traditional.diagnosis.pattern""",
        "điều trị": """traditional.treatment.method traditional.treatment.prescription traditional.treatment.points
            traditional.treatment.massage traditional.treatment.diet""",
        "hai nền y học": """diagnosis.department_traditional diagnosis.discharge.traditional
            diagnosis.discharge.main.code""",
    },
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_complete_record_has_every_field_that_is_named_for_it(name: str) -> None:
    form = RECORDS[name]
    wanted = {link for links in FIELDS[name].values() for link in links.split()}
    assert sorted(wanted - {item.link_id for item in form.walk() if item.is_question}) == []


@pytest.mark.parametrize("name", [name for name in RECORDS if name not in OUTPATIENT])
def test_the_common_sections_are_those_of_internal_medicine(name: str) -> None:
    """Administrative data, management, diagnoses, discharge status, summary: one and the same in every type."""
    form = RECORDS[name]
    common = [
        item
        for part in ("header", "admin", "stay", "outcome", "diagnosis", "summary")
        for item in GENERAL.by_link_id[part].walk()
        if item.is_question
    ]
    assert [item.link_id for item in common if form.by_link_id.get(item.link_id) != item] == []
    numbers = [
        item.prefix
        for item in form.walk()
        if item.prefix.rstrip(".").isdigit()
        and item.link_id.startswith(("admin.", "stay.", "diagnosis.", "outcome."))
    ]
    assert numbers == [f"{number}." for number in range(1, 30)]


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_keeps_the_places_to_sign(name: str) -> None:
    places = {item.section for item in RECORDS[name].walk() if item.section}
    assert places == {"signers-management", "signers-case", "signers-summary"}


@pytest.mark.parametrize("name", RECORDS)
def test_numbers_run_on_within_each_group(name: str) -> None:
    for group in RECORDS[name].walk():
        prefixes = [item.prefix for item in group.items if re.fullmatch(r"\d+\.", item.prefix)]
        numbers = [int(prefix[:-1]) for prefix in prefixes]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True, (
            group.link_id
        )


def test_every_kind_of_record_ships_and_says_what_was_not_compared() -> None:
    assert len(RECORDS) == 28
    kinds = {code for code, _words in [*record_types.INPATIENT, *record_types.OUTPATIENT]}
    assert kinds == {"01/BV1"} | {form.code for form in RECORDS.values()}
    assert {name for name, form in RECORDS.items() if not form.is_unchecked} == set(COMPLETE)
    for form in RECORDS.values():
        assert form.unchecked or form.code in {"02/BV1", "05/BV1", "10/BV1"}


def written(form: Form, **fields: str) -> Any:
    """The response with these fields typed, calculated: {linkId: the first answer's value}."""
    typed = {f"a/{name.replace('__', '.')}/0": [value] for name, value in fields.items()}
    response = calculate(form, decode(form, typed).response, now=NOW)
    assert read_response(write_response(response))[1] == []
    content = write_response(response)
    return lambda link: [answer.value for answer in answers_of(content, link)]


@pytest.mark.parametrize(
    ("born", "months"), [("01/11/2025", [12]), ("30/11/2020", [71]), ("28/11/2020", []), ("29/10/2026", [0])]
)
def test_a_child_s_age_is_told_in_months_below_72(born: str, months: list[int]) -> None:
    found = written(RECORDS["02-BV1"], admin__birth_date=born, stay__admitted_at="28/11/2026 08:00")
    assert found("admin.age_months") == months


def test_gestational_age_is_counted_from_the_last_menses() -> None:
    found = written(
        RECORDS["05-BV1"],
        case__history__pregnancy__lmp_from="01/03/2026",
        stay__admitted_at="28/11/2026 08:00",
    )
    assert (found("case.history.pregnancy.weeks"), found("case.history.pregnancy.days")) == ([38], [6])


def test_para_is_counted_from_the_pregnancies() -> None:
    rows = "a/case.history.obstetric.rows."
    typed = {
        f"{rows}term/0.0": ["true"],
        f"{rows}living/0.0": ["1"],
        f"{rows}term/1.0": ["true"],
        f"{rows}living/1.0": ["1"],
        f"{rows}curettage/2.0": ["true"],
        f"{rows}preterm/3.0": ["true"],
    }
    form = RECORDS["05-BV1"]
    response = calculate(form, decode(form, typed).response, now=NOW)
    para = answers_of(write_response(response), "case.history.obstetric.para")
    assert [answer.value for answer in para] == ["2112"]


def test_apgar_is_summed_when_all_five_signs_are_told() -> None:
    signs = ("heart", "breathing", "tone", "reflex", "colour")
    told = {f"case__exam__apgar__{sign}__m1": "2" for sign in signs}
    told |= {f"case__exam__apgar__{sign}__m5": "1" for sign in signs[:4]}
    found = written(RECORDS["06-BV1"], **told)
    assert found("case.exam.apgar.total.m1") == [10]
    assert found("case.exam.apgar.total.m5") == []


def test_days_after_the_first_operation_and_their_number() -> None:
    typed = {
        "a/stay.discharged_at/0": ["28/11/2026 10:00"],
        "a/summary.operations.at/0.0": ["21/11/2026 08:00"],
        "a/summary.operations.at/1.0": ["24/11/2026 08:00"],
    }
    form = RECORDS["10-BV1"]
    content = write_response(calculate(form, decode(form, typed).response, now=NOW))
    assert [a.value for a in answers_of(content, "diagnosis.surgical.days")] == [7]
    assert [a.value for a in answers_of(content, "diagnosis.surgical.count")] == [2]


def test_burned_areas_and_the_barthel_index_are_summed() -> None:
    found = written(
        RECORDS["11-BV1"],
        case__exam__burn__area__head__superficial="4.5",
        case__exam__burn__area__arm_left__deep="9",
    )
    assert (found("case.exam.burn.total"), found("case.exam.burn.deep")) == ([Decimal("13.5")], [Decimal(9)])
