"""The vital-sign chart as a document: drawn from what was measured, frozen, made anew where something changed."""

import io
from decimal import Decimal
from typing import Any

import pypdfium2 as pdfium
import pytest
from django.core.management import call_command
from django.urls import reverse

from emr.common.errors import DomainError
from emr.storage.services import read_bytes
from encounters.documents.models import Document
from encounters.monitoring import services
from encounters.monitoring.models import VitalSheet
from encounters.results.services import correct_observation
from tests.emr.people import make_binh
from tests.encounters import chart
from tests.encounters.chart import deliver_all
from tests.encounters.monitoring.rounds import ILL, WELL, take
from tests.encounters.visits.ward import ago, department, make_bed, signed_in

pytestmark = pytest.mark.django_db
RED, BLUE = (0xC4, 0x16, 0x1F), (0x1C, 0x4F, 0xB4)


def make_world() -> tuple[Any, Any, Any]:
    call_command("load_bedside_forms", stdout=io.StringIO())
    an, stay = chart.make_stay(bed=make_bed("01"), at=ago(hours=9))
    return an, make_binh(department()), stay


def said_on(document: Document) -> dict[str, Any]:
    document.refresh_from_db()
    return document.current_version.composition["sections"]["vital_chart"]


def test_a_sheet_is_drawn_signed_and_made_anew_where_something_changed() -> None:
    _an, binh, stay = make_world()
    with pytest.raises(DomainError) as empty:
        services.compose_chart(encounter=stay, number=1, by=binh)
    assert empty.value.code == "empty"
    take(stay, binh, WELL, effective_at=ago(hours=4))
    take(stay, binh, ILL, effective_at=ago(hours=2))
    document = services.compose_chart(encounter=stay, number=1, by=binh)
    said = said_on(document)
    assert (document.code, document.author) == ("TD-CNS", binh)
    assert {curve["name"]: len(curve["dots"]) for curve in said["curves"]} == {"pulse": 2, "temperature": 2}
    assert said["measured_by"] == ["Trần Thị Bình"]
    deliver_all()
    stored = document.current_version.bytes.get()
    pdf = read_bytes(stored.attachment)
    [page] = pdfium.PdfDocument(pdf)
    assert "Nhiệt °C" in page.get_textpage().get_text_bounded()
    colours = page.render(scale=2).to_pil().getcolors(1 << 24)
    found = {colour: count for count, colour in colours}
    assert min(found.get(RED, 0), found.get(BLUE, 0)) > 20
    assert services.compose_chart(encounter=stay, number=1, by=binh) == document
    assert document.versions.count() == 1
    pulse = stay.observations.filter(code="8867-4").order_by("effective_at").last()
    correct_observation(observation=pulse, value=Decimal(102), reason="Gõ nhầm", by=binh)
    services.compose_chart(encounter=stay, number=1, by=binh)
    assert document.versions.count() == 2
    assert [dot["words"] for dot in said_on(document)["curves"][0]["dots"]] == ["78", "102"]
    with pytest.raises(DomainError) as none:
        services.compose_chart(encounter=stay, number=2, by=binh)
    assert none.value.code == "no_sheet"


def test_the_page() -> None:
    an, binh, stay = make_world()
    take(stay, binh, WELL, effective_at=ago(hours=1))
    client = signed_in(binh)
    page = reverse("encounters:monitoring:chart", args=[stay.uuid])
    assert "Lập tờ này để ký" in client.get(page).content.decode()
    make = reverse("encounters:monitoring:compose_chart", args=[stay.uuid])
    assert client.post(make, {"sheet": "x"}).status_code == 302
    assert not VitalSheet.objects.exists()
    assert client.post(make, {"sheet": "1"}).status_code == 302
    document = VitalSheet.objects.get().document
    assert str(document.uuid) in client.get(page).content.decode()
    assert client.get(reverse("encounters:monitoring:chart_body", args=[document.uuid])).status_code == 200
    assert signed_in(an).get(page).status_code == 200
