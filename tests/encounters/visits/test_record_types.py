"""Which kind of record a stay opens, and until when that may be changed."""

from pathlib import Path
from typing import Any

import pytest

from emr.accounts.models import Organization
from emr.common.errors import DomainError
from encounters.documents import services as documents
from encounters.forms.selectors import current_questionnaire
from encounters.visits import record_types
from encounters.visits.record_types import usual_record_type
from encounters.visits.services import update_details
from signatures.providers.services import issue_demo_key
from tests.encounters import chart
from tests.encounters.documents.test_signers import PIN, _sign, _work, make_record
from tests.encounters.visits.ward import ago

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("code", "months", "diagnosis", "wanted"),
    [
        ("K03", 480, "", "01/BV1"),
        ("K03", 100, "", "02/BV1"),
        ("K03", None, "", "01/BV1"),
        ("K18", 20, "", "02/BV1"),
        ("K18", 0, "", "06/BV1"),
        ("K27", 300, "", "05/BV1"),
        ("K27", 300, "O80.0", "05/BV1"),
        ("K27", 300, "N83.2", "04/BV1"),
        ("K27", 0, "", "06/BV1"),
        ("K19", 480, "", "10/BV1"),
        ("K24", 100, "", "10/BV1"),
        ("K191", 480, "", "10/BV1"),
        ("K16", 480, "", "18/BV1"),
        ("K16", 60, "", "20/BV1"),
        ("K30", 60, "", "26/BV1"),
        ("KHTH", 480, "", "01/BV1"),
    ],
)
def test_the_ward_s_usual_record_is_offered(
    code: str, months: int | None, diagnosis: str, wanted: str
) -> None:
    department = Organization(code=code)
    assert usual_record_type(department, age_months=months, diagnosis=diagnosis) == wanted


def test_every_kind_offered_is_a_form_that_ships() -> None:
    chart.load_forms()
    kinds = [code for code, _words in [*record_types.INPATIENT, *record_types.OUTPATIENT]]
    for code in kinds:
        assert current_questionnaire(code).code == code


@pytest.mark.parametrize("kind", ["02/BV1", "05/BV1", "10/BV1", "15/BV1"])
def test_the_chart_opens_the_stay_s_kind_of_record(kind: str) -> None:
    an, stay = chart.make_stay(at=ago(days=1), late_reason="Nhập lại")
    update_details(encounter=stay, by=an, record_type=kind)
    stay.refresh_from_db()
    assert documents.begin_document(encounter=stay, code=stay.record_type, by=an).code == kind


def test_the_kind_may_change_until_somebody_signed(settings: Any, tmp_path: Path) -> None:
    settings.EMR_HOME, settings.EMR_TSA_URL = tmp_path, ""
    an, stay = chart.make_stay(at=ago(days=1), late_reason="Nhập lại")
    issue_demo_key(owner=an, pin=PIN)
    version = make_record(stay, an)
    _work()
    update_details(encounter=stay, by=an, record_type="10/BV1")
    _sign(version, an)
    with pytest.raises(DomainError) as refusal:
        update_details(encounter=stay, by=an, record_type="01/BV1")
    assert refusal.value.code == "record_signed"
    stay.refresh_from_db()
    assert stay.record_type == "10/BV1"
    update_details(encounter=stay, by=an, reason="Đau bụng")
