"""The ward's daily disclosures: made for all at once, confirmed bed after bed, made anew where more was given."""

import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.common.clock import local_today
from encounters.consents.selectors import round as rounds
from encounters.consents.services import make_disclosures
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.visits.models import Encounter
from encounters.visits.selectors.wards import day_bounds
from tests.encounters.consents.papers import take
from tests.encounters.medicines.doses import give, make_world, once
from tests.encounters.visits.ward import admit, ago, department, make_bed
from tests.patients.people import make_patient
from tests.signatures.support import base_pdf

pytestmark = pytest.mark.django_db


def neighbour(bed: str) -> Encounter:
    return admit(make_patient(f"Trần Thị Hoa {bed}"), bed=make_bed(bed), at=ago(hours=5))


def given(stay: Encounter, an: User, binh: User, text: str = "Cefotaxim 1 g") -> None:
    give(once(stay, an, text=text), binh)


def make(binh: User) -> list[rounds.Row]:
    """Made and rendered, as the button and the workers do."""
    start, end = day_bounds(local_today())
    wanted = rounds.stays_to_make(rounds.rows_of_round(binh, department()))
    make_disclosures(stays=wanted, start=start, end=end, by=binh)
    for document in Document.objects.filter(code="CK-THUOC"):
        documents.store_rendering(version=document.current_version, pdf=base_pdf())
    return rounds.rows_of_round(binh, department())


def states(binh: User) -> list[str]:
    return [row.state for row in rounds.rows_of_round(binh, department())]


def test_a_ward_is_told_bed_after_bed(client: Client) -> None:
    an, binh, dao = make_world()
    call_command("load_medicine_sheets", stdout=io.StringIO())
    hoa, _nobody = neighbour("02"), neighbour("03")
    assert not rounds.is_all_told(rounds.rows_of_round(binh, department())), "nothing was given yet"
    given(dao, an, binh)
    given(hoa, an, binh)
    assert states(binh) == ["to-make", "to-make", "nothing"]
    rows = make(binh)
    assert [row.state for row in rows] == ["waiting", "waiting", "nothing"]
    first, second = rows[0].document, rows[1].document
    assert rounds.next_of_round(binh, department()) == first
    assert rounds.next_of_round(binh, department(), after=first) == second
    take(first, binh)
    assert states(binh) == ["done", "waiting", "nothing"]
    assert rounds.next_of_round(binh, department(), after=first) == second
    given(dao, an, binh, text="Paracetamol 500 mg")
    assert states(binh) == ["to-make", "waiting", "nothing"], "what was given since isn't told yet"
    assert rounds.next_of_round(binh, department(), after=second) is None
    rows = make(binh)
    assert rows[0].document == first, "its next version"
    assert (rows[0].state, rows[0].line_count) == ("waiting", 2)
    assert Document.objects.filter(code="CK-THUOC").count() == 2

    client.force_login(binh)
    page = client.get(reverse("encounters:consents:disclosures")).content.decode()
    assert page.index("NGUYỄN THỊ ĐÀO") < page.index("TRẦN THỊ HOA 02") < page.index("TRẦN THỊ HOA 03")
    handed = client.get(f"{reverse('encounters:consents:page', args=[first.uuid])}?round={department().uuid}")
    assert handed.status_code == 200
    take(first, binh)
    after = client.get(f"{reverse('encounters:consents:state', args=[first.uuid])}?round={department().uuid}")
    assert str(second.uuid) in after.content.decode(), "one key leads to the next bed"
    assert not rounds.is_all_told(rounds.rows_of_round(binh, department()))
    take(second, binh)
    assert rounds.is_all_told(rounds.rows_of_round(binh, department()))


def test_as_many_queries_for_twelve_beds_as_for_two() -> None:
    an, binh, dao = make_world()
    call_command("load_medicine_sheets", stdout=io.StringIO())
    given(dao, an, binh)
    given(neighbour("02"), an, binh)
    make(binh)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            rounds.rows_of_round(binh, department())
        return len(asked)

    few = count()
    for number in range(3, 13):
        neighbour(f"{number:02d}")
    given(Encounter.objects.latest("pk"), an, binh)
    make(binh)
    assert count() == few <= 9
