"""The export HoSoBenhAn: eleven groups, true to its own schema, nothing shortened in silence."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from encounters.bundles import hosobenhan
from encounters.bundles.hosobenhan import GROUPS, as_json, as_schema, as_xml, export_of
from encounters.orders.services import add_medication, add_service
from encounters.results.models import DiagnosticReport
from encounters.visits import codes
from encounters.visits.services import record_diagnosis
from tests.encounters import chart
from tests.encounters.bundles.rows import sign
from tests.encounters.results.reports import facts, file, value
from tests.signatures.records import make_signer

ELEVEN = [
    *("ThongTinBenhNhan", "ThongTinVaoVien", "ThongTinDieuTri", "YLenhThuocVatTu", "PhieuChiDinh"),
    *(
        "KetQuaChanDoanHinhAnh",
        "KetQuaXetNghiem",
        "GiayChuyenVien",
        "HoSoCapCuu",
        "PhieuThuThuat",
        "PhieuPhauThuat",
    ),
]


def test_the_groups_are_those_of_the_guidance_and_lengths_are_data() -> None:
    assert [group.name for group in GROUPS] == ELEVEN
    longest = {name: most for group in GROUPS for name, _source, most in group.fields}
    assert (longest["cccd_so"], longest["maicd"], longest["tenicd"], longest["maicd_khac"]) == (
        15,
        7,
        255,
        100,
    )
    assert (longest["machidinh"], longest["machiso"], longest["mathuocvattu_byt"], longest["vncode"]) == (
        255,
        255,
        255,
        25,
    )


@pytest.mark.django_db
def test_a_stay_is_told_from_its_rows_with_who_signed() -> None:
    an, stay = chart.make_stay()
    make_signer(an)
    record_diagnosis(encounter=stay, role=codes.DiagnosisRole.ADMISSION, code="J18.9", text="", by=an)
    entry = chart.begin(stay, an)
    add_medication(
        entry=entry, by=an, text="Ceftriaxon 1 g", route="IV", dose="1", dose_unit="lo", times_per_day=2
    )
    add_service(entry=entry, by=an, category="laboratory", code="XN0029", text="Công thức máu")
    from encounters.documents import services  # noqa: PLC0415

    draft = services.save_draft(
        document=entry, fields=chart.written(entry), revision=chart.draft_of(entry).revision, by=an
    )
    services.finalize_document(document=entry, revision=draft.revision, by=an)
    entry.refresh_from_db()
    chart.deliver_all()
    sign(entry, an)
    chart.deliver_all()
    file(stay, facts(value("7.1")), facility=stay.facility)
    export = export_of(stay)
    assert export["ThongTinBenhNhan"]["hoten"] == "Nguyễn Thị Đào"
    assert export["ThongTinVaoVien"]["maicd"] == "J18.9"
    (medicine,) = export["YLenhThuocVatTu"]
    assert (medicine["ten"], medicine["lieu"], medicine["chuky_hoten"]) == (
        "Ceftriaxon 1 g",
        "1",
        an.titled_name,
    )
    assert export["PhieuChiDinh"][0]["madichvu"] == "XN0029"
    assert DiagnosticReport.objects.exists()
    assert "7.1" in {row["giatri"] for row in export["KetQuaXetNghiem"]}
    schema = etree.XMLSchema(etree.fromstring(as_schema()))
    schema.assertValid(etree.fromstring(as_xml(export)))
    assert json.loads(as_json(export))["HoSoBenhAn"] == export


_NAMES = [source for group in GROUPS for _name, source, _longest in group.fields]
_TEXT = st.tuples(st.text(max_size=12), st.integers(1, 60)).map(lambda drawn: drawn[0] * drawn[1])


@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # the table of letters is made at the first draw
@given(told=st.dictionaries(st.sampled_from(_NAMES), _TEXT, max_size=6), rows=st.integers(0, 3))
def test_whatever_rows_say_the_xml_is_well_formed_and_fits_its_schema(
    told: dict[str, str], rows: int
) -> None:
    cut: list[list[str]] = []
    export: dict[str, Any] = {}
    for group in GROUPS:
        mapped = hosobenhan._mapped(group, told, cut)
        export[group.name] = [mapped] * rows if group.is_list else mapped
    export |= {"bi_cat": cut} if cut else {}
    written = etree.fromstring(as_xml(export))
    etree.XMLSchema(etree.fromstring(as_schema())).assertValid(written)
    assert json.loads(as_json(export))["HoSoBenhAn"] == export
    for group in GROUPS:
        for name, source, longest in group.fields:
            too_long = bool(longest) and len(told.get(source, "")) > longest
            assert ([group.name, name] in cut) == too_long
