"""What is known already is not typed again."""

import datetime as dt

import pytest

from emr.common.clock import local_today
from encounters.documents import services
from encounters.forms import services as forms
from encounters.forms.models import Questionnaire
from encounters.forms.selectors import form_of
from encounters.forms.services import answers_of, asked_of_providers
from patients.coverage.services import record_coverage
from tests.encounters import chart
from tests.encounters.visits.ward import ago

pytestmark = pytest.mark.django_db
CARD = "CN4380200123456"


def test_every_value_that_a_shipped_form_asks_for_has_somebody_who_gives_it() -> None:
    chart.load_forms()
    asked = {
        path.split(".")[0] for row in Questionnaire.objects.all() for path in asked_of_providers(form_of(row))
    }
    assert asked - set(forms._PROVIDERS) == set()


def test_the_insurance_card_of_the_day_stands_in_the_record_and_on_the_prescription() -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    told = {"patient": stay.patient, "payer": "BHYT", "by": an}
    year = local_today().year
    record_coverage(**told, card_number="CN4380200999999", valid_until=dt.date(year - 1, 12, 31))
    record_coverage(
        **told, card_number=CARD, valid_from=dt.date(year, 1, 1), valid_until=dt.date(year, 12, 31)
    )
    record = services.begin_document(encounter=stay, code="01/BV1", by=an)
    content = record.draft.content
    wanted = {
        "admin.insurance.number": CARD,
        "admin.insurance.from": f"{year}-01-01",
        "admin.insurance.to": f"{year}-12-31",
    }
    assert {link: answers_of(content, link)[0].value for link in wanted} == wanted
    assert [answer.value.code for answer in answers_of(content, "admin.payer")] == ["BHYT"]  # type: ignore[union-attr]
    prescription = services.begin_document(encounter=stay, code="DON-THUOC", by=an)
    assert answers_of(prescription.draft.content, "person.insurance")[0].value == CARD


def test_nobody_s_card_is_made_up() -> None:
    an, stay = chart.make_stay(at=ago(hours=9))
    record = services.begin_document(encounter=stay, code="01/BV1", by=an)
    assert answers_of(record.draft.content, "admin.payer") == []
