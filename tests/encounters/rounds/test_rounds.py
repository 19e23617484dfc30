"""The ward's round: bed after bed on one page, today's entry written beside what is known."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from encounters.documents import services
from encounters.documents.models import Document
from encounters.orders.services import add_medication
from encounters.results.services import record_vital_signs
from encounters.rounds.selectors import beds_of, entry_of_today, in_words, known_of
from encounters.visits.models import Encounter
from tests.emr.people import make_user
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, value
from tests.encounters.visits.ward import admit, ago, department, make_bed, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
LIST = "/rounds/"


def ward(count: int = 3) -> tuple[User, list[Encounter]]:
    """An's ward with patients in beds, who came three days ago."""
    an, first = chart.make_stay(at=ago(days=3), late_reason="Nhập lại", bed=make_bed("01"))
    names = ["Trần Văn Bình", "Lê Thị Cúc", "Vũ Văn Dần", "Đỗ Văn Gia"][: count - 1]
    others = [
        admit(make_patient(name), at=ago(days=3), late_reason="Nhập lại", bed=make_bed(f"0{number}"))
        for number, name in enumerate(names, start=2)
    ]
    return an, [first, *others]


def yesterdays(stay: Encounter, by: User, text: str = "Còn sốt nhẹ.", *, orders: bool = True) -> Document:
    document = chart.begin(stay, by, happened_at=ago(days=1), late_reason="Nhập lại")
    if orders:
        add_medication(
            entry=document,
            by=by,
            text="Ceftriaxon 1 g",
            route="IV",
            dose="1",
            dose_unit="lo",
            times_per_day=2,
        )
    draft = services.save_draft(document=document, fields=chart.written(document, text), revision=1, by=by)
    services.finalize_document(document=document, revision=draft.revision, by=by)
    return document


def page(stay: Encounter) -> str:
    return reverse("encounters:rounds:bed", args=[stay.uuid])


def begun(client: Client, stay: Encounter) -> Document:
    told = {"code": "36/BV2", "copy": "1", "back": page(stay)}
    answer = client.post(reverse("encounters:documents:begin", args=[stay.uuid]), told)
    assert answer.headers["Location"] == page(stay)
    return Document.objects.get(encounter=stay, status="draft")


def confirmed(client: Client, document: Document, **told: str) -> str:
    draft = chart.draft_of(document)
    fields = chart.written(document, "Hết sốt.") | {"version": [str(draft.revision)]}
    fields |= {name: [value] for name, value in told.items()}
    answer = client.post(reverse("encounters:documents:finalize", args=[document.uuid]), fields)
    return answer.headers.get("Location", "")


def test_from_bed_to_bed_with_progress() -> None:
    an, stays = ward()
    client = signed_in(an)
    listed = client.get(LIST).content.decode()
    places = [listed.index(stay.patient.full_name.upper()) for stay in stays]
    assert places == sorted(places)
    assert "0/3 đã xong" in listed
    middle = client.get(page(stays[1])).content.decode()
    assert page(stays[0]) in middle and page(stays[2]) in middle
    assert 'data-keys="n"' in middle and 'data-keys="p"' in middle
    assert "2/3" in middle
    confirmed(client, begun(client, stays[1]))
    assert "1/3 đã xong" in client.get(page(stays[1])).content.decode()
    assert [bed.state for bed in beds_of(an, department(), "all")] == ["open", "confirmed", "open"]
    assert AuditEvent.objects.filter(action="ward_round.read", patient_id=stays[1].patient_id).count() == 2


def test_what_is_known_stands_beside_the_entry() -> None:
    an, (stay, *_others) = ward()
    yesterdays(stay, an)
    record_vital_signs(encounter=stay, values={"temperature": Decimal("38.5")}, by=an)
    shown = signed_in(an).get(page(stay)).content.decode()
    assert "Còn sốt nhẹ." in shown
    assert "38,5" in shown
    assert shown.count("Ceftriaxon 1 g") >= 1
    known = known_of(stay)
    assert [day.number for day in known.days] == [3]
    assert known.reports_since is not None and known.reports_since < now()


def test_new_results_go_into_the_text_with_their_source() -> None:
    an, (stay, *_others) = ward()
    yesterdays(stay, an)
    file(stay, facts(value("6.2"), title="Điện giải đồ", issued_at=now()))
    known = known_of(stay)
    at = timezone.localtime(known.reports[0].issued_at)
    assert in_words(known.reports) == f"KQ {at:%d/%m %H:%M} Điện giải đồ: Kali 6,2 mmol/L"
    client = signed_in(an)
    assert "data-insert=" not in client.get(page(stay)).content.decode(), "there is no text yet"
    begun(client, stay)
    assert "Điện giải đồ: Kali 6,2 mmol/L" in client.get(page(stay)).content.decode()


def test_todays_entry_is_prefilled_beside_it_and_confirming_comes_back() -> None:
    an, (stay, *_others) = ward()
    yesterdays(stay, an)
    client = signed_in(an)
    document = begun(client, stay)
    shown = client.get(page(stay)).content.decode()
    assert f'data-autosave="{reverse("encounters:documents:draft", args=[document.uuid])}"' in shown
    assert shown.count("Còn sốt nhẹ.") >= 2, "yesterday's beside it and carried on in it"
    assert begun(client, stay) == document, "pressed twice is once"
    assert confirmed(client, document, back=page(stay)) == page(stay)
    shown = client.get(page(stay)).content.decode()
    assert reverse("signatures:signing:panel", args=[document.uuid]) in shown
    assert "data-autosave" not in shown


@pytest.mark.parametrize("back", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
def test_no_page_of_somebody_elses_is_come_back_to(back: str) -> None:
    an, stay = chart.make_stay()
    document = chart.begin(stay, an)
    assert confirmed(signed_in(an), document, back=back) == reverse(
        "encounters:documents:document", args=[document.uuid]
    )


def test_anothers_draft_isnt_taken_over() -> None:
    an, (stay, *_others) = ward()
    em = make_user("em", "Vũ Văn Em", "doctor", department(), title="BS.")
    chart.begin(stay, em)
    assert entry_of_today(stay, an) is None
    assert beds_of(an, department(), "all")[0].state == "begun"


def test_mine_are_those_that_i_attend() -> None:
    an, stays = ward()
    client = signed_in(an)
    stays[2].participants.create(
        facility=stays[2].facility, practitioner=an, role="ATND", starts_at=timezone.now()
    )
    client.post(LIST, {"department": department().pk, "chip": "mine"})
    shown = client.get(LIST).content.decode()
    assert stays[2].patient.full_name.upper() in shown
    assert stays[0].patient.full_name.upper() not in shown


def test_queries_stay_the_same_with_more_beds_entries_and_orders() -> None:
    an, stays = ward(2)
    counts = []
    client = signed_in(an)
    for step in range(2):
        for number in range(1 + step * 3):
            yesterdays(stays[0], an, f"Lần {number}", orders=step == 0)
            record_vital_signs(encounter=stays[0], values={"pulse": Decimal(80 + number)}, by=an)
        for extra in range(step * 3):
            admit(make_patient(f"Thêm {extra}"), bed=make_bed(f"1{extra}"))
        found = []
        for address in (LIST, page(stays[0])):
            client.get(address)
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            found.append(len(asked))
        counts.append(found)
    assert counts[0] == counts[1]
    assert counts[1][0] <= 14 and counts[1][1] <= 40, counts


def test_only_who_writes_entries_goes_round() -> None:
    _an, (stay, *_others) = ward()
    nurse = signed_in(make_user("nga", "Lê Nga", "nurse", department()))
    assert nurse.get(LIST).status_code == nurse.get(page(stay)).status_code == 403
    surgeon = signed_in(make_user("xa", "Lê Xa", "doctor", department(("K07", "Khoa Ngoại"))))
    assert surgeon.get(page(stay)).status_code == 404
    assert stay.patient.full_name.upper() not in surgeon.get(LIST).content.decode()
