"""Importing a file: text stays text, every wrong row is named, nothing happens until it is asked for, all or nothing."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from emr.terminology.models import CodeSystem, Concept, Flag
from emr.terminology.selectors import check_code, concept
from tests.emr.terminology.catalogue import SOME, bring_in

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> tuple[int, dict[str, Any]]:
    """The command's exit code and its JSON."""
    out = io.StringIO()
    try:
        call_command("import_catalogue", *map(str, arguments), "--format", "json", stdout=out)
    except SystemExit as stop:
        return int(str(stop.code)), json.loads(out.getvalue())
    except CommandError as wrong:
        return wrong.returncode, {"said": str(wrong)}
    return 0, json.loads(out.getvalue())


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


def workbook(folder: Path, lines: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    path = folder / "list.xlsx"
    book.save(path)
    return path


def test_without_apply_nothing_changes_and_with_it_everything(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "code,display\nI10,Tăng huyết áp\n")
    code, report = run("icd10", path)
    assert (code, report["added"], report["applied"]) == (0, 1, False)
    assert not Concept.objects.exists()
    assert not CodeSystem.objects.exists()
    code, report = run("icd10", path, "--apply")
    assert (code, report["added"], report["applied"]) == (0, 1, True)
    assert Concept.objects.get().code == "I10"
    assert CodeSystem.objects.get().origin == "imported"
    assert run("icd10", path, "--apply")[1]["unchanged"] == 1


def test_wrong_rows_are_named_one_by_one_and_nothing_is_taken(tmp_path: Path) -> None:
    rows = [
        "I10;Tăng huyết áp;",
        ";Không mã;",
        "J18.9;Viêm phổi;có thể",
        "huyết áp;Sai mã;x",
        "I10;Lần hai;",
        "K35.8;;",
    ]
    text = "\n".join(["Mã bệnh;Tên bệnh;not_main", *rows])
    code, report = run("icd10", csv_file(tmp_path, text, "utf-8-sig"), "--apply")
    assert code == 1
    assert [(error["row"], error["column"]) for error in report["errors"]] == [
        (3, "code"),
        (4, "not_main"),
        (5, "code"),
        (6, "code"),
        (7, "display"),
    ]
    assert all(error["message"] for error in report["errors"])
    assert not Concept.objects.exists()


def test_leading_zeros_are_kept_and_lost_ones_are_noticed(tmp_path: Path) -> None:
    assert run("ethnic-group", csv_file(tmp_path, "code,display\n01,Kinh\n"), "--apply")[0] == 0
    assert Concept.objects.get().code == "01"
    code, report = run(
        "commune", csv_file(tmp_path, "code,display\n70,Phường Hoàn Kiếm\nXYZ,Phường Ba Đình\n")
    )
    assert code == 1
    lost, strange = (error["message"] for error in report["errors"])
    assert lost.replace("70", "") != strange.replace("XYZ", "")  # another reason, and both name the code


def test_a_number_in_a_spreadsheet_is_what_the_person_sees(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Mã", "Tên"], [70, "Phường Hoàn Kiếm"], ["00004", "Phường Ba Đình"]])
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["A2"].number_format = "00000"
    book.save(path)
    assert run("commune", path, "--apply")[0] == 0
    assert sorted(Concept.objects.values_list("code", flat=True)) == ["00004", "00070"]


def test_a_formula_is_refused_and_never_evaluated(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [["code", "display"], ["I10", '=CONCATENATE("Tăng"," huyết áp")'], ["I20.9", "Đau thắt ngực"]],
    )
    code, report = run("icd10", path, "--apply")
    assert code == 1
    assert [(error["row"], error["column"]) for error in report["errors"]] == [(2, "display")]
    assert "CONCATENATE" in report["errors"][0]["message"]
    assert not Concept.objects.exists()


def test_the_ministrys_icd10_list_with_its_flag_columns(tmp_path: Path) -> None:
    bring_in(SOME)
    headings = [f"Cột {number}" for number in range(1, 30)]
    headings[15], headings[16], headings[18], headings[19] = "MÃ LOẠI", "MÃ BỆNH", "DISEASE NAME", "TÊN BỆNH"

    def line(code: str, display: str, **flags: str) -> list[str]:
        cells = [""] * 29
        cells[15], cells[16], cells[19] = code[:3], code, display
        for column, value in flags.items():
            cells[int(column[1:]) - 1] = value
        return cells

    path = workbook(
        tmp_path,
        [
            ["BỘ Y TẾ", *[""] * 28],
            ["DANH MỤC MÃ HÓA BỆNH TẬT", *[""] * 28],
            headings,
            line("G63.2*", "Bệnh đa dây thần kinh trong đái tháo đường", c24="x"),
            line("C53.9", "U ác cổ tử cung", c28="x"),
            line("X59.9", "Không dùng", c26="x"),
            line("R98", "Chết không có người chứng kiến", c27="1", c25="0"),
            line("N40", "Tăng sản tuyến tiền liệt", c29="X"),
            line("I69.3", "Di chứng nhồi máu não"),
        ],
    )
    code, report = run("icd10", path, "--from", "2026-07-01", "--apply", "--complete")
    assert (code, report["errors"]) == (0, [])
    assert report["columns"]["code"].startswith("17")
    assert report["columns"]["not_main"].startswith("24")
    flags = {row.code: row.flags for row in Concept.objects.filter(valid_to=None)}
    assert flags == {
        "G63.2": [Flag.NOT_MAIN],
        "C53.9": [Flag.FEMALE_ONLY],
        "X59.9": [Flag.FORBIDDEN],
        "R98": [Flag.DEATH_CAUSE_ONLY],
        "N40": [Flag.MALE_ONLY],
        "I69.3": [],  # the list says that it is not discouraged any more
    }
    assert [problem.code for problem in check_code("icd10", "X59.9")] == ["forbidden"]
    kept = concept("icd10", "I69.3")
    assert kept is not None
    assert kept.use_rank == 10  # how often a code is used isn't the ministry's to say


def test_columns_can_be_named_by_number_letter_or_heading(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "a\tb\tc\nx\tI10\tTăng huyết áp\n")
    assert run("icd10", path)[0] == 2
    for pairs in (["code=2", "display=3"], ["code=B", "display=C"], ["code=b", "display=c"]):
        code, report = run("icd10", path, "--map", pairs[0], "--map", pairs[1])
        assert (code, report["added"]) == (0, 1)


def test_a_fhir_code_system_with_parents_designations_and_properties(tmp_path: Path) -> None:
    resource = {
        "resourceType": "CodeSystem",
        "version": "2026",
        "concept": [
            {
                "code": "J18",
                "display": "Pneumonia",
                "designation": [
                    {"language": "vi", "value": "Viêm phổi"},
                    {"language": "en", "value": "Pneumonia"},
                ],
                "concept": [
                    {
                        "code": "J18.9",
                        "display": "Viêm phổi, không đặc hiệu",
                        "property": [{"code": "discouraged", "valueBoolean": True}],
                    }
                ],
            }
        ],
    }
    path = tmp_path / "list.json"
    path.write_text(json.dumps(resource), encoding="utf-8")
    assert run("icd10", path, "--apply")[0] == 0
    child = Concept.objects.get(code="J18.9")
    assert (child.parent_code, child.flags) == ("J18", [Flag.DISCOURAGED])
    parent = Concept.objects.get(code="J18")
    assert (parent.display, parent.display_en) == ("Viêm phổi", "Pneumonia")
    assert CodeSystem.objects.get().version == "2026"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.csv", "mã,tên\nI10,Tăng huyết áp\n".encode("cp1258", "replace")),
        ("list.csv", b""),
        ("list.csv", "một,hai\n1,2\n".encode()),
        ("list.xlsx", b"PK\x03\x04 not a spreadsheet"),
        ("list.xls", b"\xd0\xcf\x11\xe0old"),
        ("list.json", b'{"resourceType": "Patient"}'),
        ("list.json", b"[1, 2"),
        ("list.json", b'{"resourceType": "CodeSystem"}'),
    ],
)
def test_a_file_that_cannot_be_used_is_wrong_use_with_the_reason(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    code, report = run("icd10", path, "--apply")
    assert code == 2
    assert report["said"]


def test_unknown_catalogue_missing_file_and_unknown_field_are_wrong_use(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "code,display\nI10,Tăng huyết áp\n")
    assert run("icd11", path)[0] == 2
    assert run("icd10", tmp_path / "none.csv")[0] == 2
    assert run("icd10", path, "--map", "colour=2")[0] == 2


def test_days_of_validity_in_the_file(tmp_path: Path) -> None:
    text = "code,display,valid_from,valid_to\nCD1,Cơm,01/07/2026,31/12/2026\nCD2,Cháo,2026-07-01,\nCD3,Súp,32/01/2026,\n"
    code, report = run("diet", csv_file(tmp_path, text))
    assert (code, [error["row"] for error in report["errors"]]) == (1, [4])
    good = text.replace("CD3,Súp,32/01/2026,\n", "")
    assert run("diet", csv_file(tmp_path, good), "--apply")[0] == 0
    first = Concept.objects.get(code="CD1")
    assert (str(first.valid_from), str(first.valid_to)) == ("2026-07-01", "2026-12-31")
