"""The insurance file is read by its words alone: no document type, no entity, nothing outside, an end to everything."""

import base64
import io

import pytest

from integrations.loading.insurance import BadXml, Case, read_cases
from integrations.loading.labels import summary_of, tables_of
from integrations.loading.layouts import is_former, today
from tests.integrations.loading.files import SIGNED, case, former_case, full_case, listed, summary, whole

BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def cases(data: bytes) -> list[Case]:
    return list(read_cases(io.BytesIO(data)))


def test_all_five_tables_are_read_whatever_their_order() -> None:
    """QĐ 4750, annex: XML1 is flat, the others are lists."""
    found = cases(whole(full_case(), full_case("LK2")))
    assert [one.summary["MA_LK"] for one in found] == ["LK1", "LK2"]
    one = found[0]
    assert one.problem == ""
    assert one.facility_code == "99999"
    assert one.summary["CHAN_DOAN_RV"] == "Viêm phổi & tràn dịch"
    assert [row["TEN_THUOC"] for row in one.tables["XML2"]] == ["Ceftriaxon 1g", "Paracetamol 500mg"]
    assert one.tables["XML5"][0]["DIEN_BIEN_LS"] == "Ho, sốt < 39"
    assert set(one.content()) == {"XML1", "XML2", "XML3", "XML4", "XML5"}


def test_an_unknown_table_is_passed_over_and_a_bom_inside_too() -> None:
    odd = case(XML1="\ufeff" + summary(), XML16="<X/>", XML2=listed("XML2", {"TEN_THUOC": "A"}))
    assert cases(whole(odd))[0].content().keys() == {"XML1", "XML2"}


@pytest.mark.parametrize("before", [BOMB, OUTSIDE, "<!DOCTYPE GIAMDINHHS>"])
def test_a_document_type_is_refused_in_the_file(before: str) -> None:
    """S-41."""
    with pytest.raises(BadXml, match="doctype"):
        cases(whole(full_case(), before=before))


@pytest.mark.parametrize("before", [BOMB, OUTSIDE])
def test_a_document_type_is_refused_in_a_table_and_the_next_case_is_read(before: str) -> None:
    """S-41: what is hidden in base64 is parsed as carefully."""
    evil = case(XML1=f"{before}<TONG_HOP><MA_LK>&e;</MA_LK></TONG_HOP>")
    found = cases(whole(evil, full_case("LK2")))
    assert [one.problem for one in found] == ["doctype", ""]
    assert "root:" not in str(found)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("không phải base64!", "base64"),
        (base64.b64encode(b"<TONG_HOP><A></TONG_HOP>").decode(), "xml"),
        ("", "xml"),
    ],
)
def test_a_broken_table_spoils_its_own_case_alone(content: str, problem: str) -> None:
    broken = (
        f"<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO></HOSO>"
    )
    found = cases(whole(broken, full_case("LK2")))
    assert [one.problem for one in found] == [problem, ""]


def test_a_case_without_a_summary_says_so() -> None:
    only = case(XML2=listed("XML2", {"TEN_THUOC": "A"}))
    assert [one.problem for one in cases(whole(only))] == ["no_summary"]


def test_depth_has_an_end_and_a_file_cut_off_too() -> None:
    with pytest.raises(BadXml, match="too_much"):
        cases(b"<a>" * 40)
    with pytest.raises(BadXml, match="xml"):
        cases(whole(full_case())[:-40])


@pytest.mark.parametrize("where", ["in_facility", "at_end"])
def test_the_signature_may_stand_in_either_place_and_tells_nothing(where: str) -> None:
    """QĐ 4210's files have CHUKYDONVI inside THONGTINDONVI, later ones at the end of the root."""
    data = whole(full_case(), former_case("LK2"), **{where: SIGNED})
    found = cases(data)
    assert [one.summary["MA_LK"] for one in found] == ["LK1", "LK2"]
    assert {one.facility_code for one in found} == {"99999"}
    assert [one.problem for one in found] == ["", ""]


def test_a_stay_of_before_2024_is_kept_in_its_words_and_shown_under_todays() -> None:
    """QĐ 4210: TEN_BENH was CHAN_DOAN_RV, MA_LOAI_KCB had one digit."""
    content = cases(whole(former_case()))[0].content()
    assert set(content) == {"XML1", "XML2", "XML3", "XML4", "XML5"}
    assert content["XML1"]["TEN_BENH"] == "Tăng huyết áp < độ 2"
    assert "CHAN_DOAN_RV" not in content["XML1"]
    assert is_former(content)
    read = {str(label): value for label, value in summary_of(content)}
    assert read["Chẩn đoán ra viện"] == "Tăng huyết áp < độ 2"
    assert (read["Bệnh chính (ICD-10)"], read["Bệnh kèm theo (ICD-10)"]) == ("I10", "E11.9")
    assert read["Loại hình KCB (mã)"] == "03"
    course = tables_of(content)[0]
    assert course["rows"] == [["01/02/2023 08:45", "Đau đầu, chóng mặt"]]
    assert "9000" not in str(tables_of(content)), "what it cost is no part of the chart"


def test_todays_layout_is_left_as_it_is() -> None:
    content = cases(whole(full_case()))[0].content()
    assert not is_former(content)
    assert today("XML1", content["XML1"]) is content["XML1"]
    both = {"CHAN_DOAN_RV": "mới", "TEN_BENH": "cũ"}
    assert today("XML1", both) == both, "a name of today's is never overwritten"
