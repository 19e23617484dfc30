"""Letters of authorities in the demo hospital: one in force, one that waits for the director, corrected once."""

import datetime as dt
from typing import Any

from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from encounters.inspections.models import Body
from encounters.inspections.services import approve_mandate, correct_mandate, list_chart, prepare_mandate
from encounters.visits.models import Encounter


def build(facility: Organization, people: dict[str, User]) -> None:
    """The social insurance reads two stays this week; the court's letter lists one and had a wrong number."""
    planning, records, director = people["khth"], people["luutru"], people["giamdoc"]
    stays = list(Encounter.objects.filter(facility=facility, encounter_class="IMP").order_by("pk")[:3])
    if not stays:
        return
    today = local_today()
    told: dict[str, Any] = {
        "facility": facility,
        "letter_on": today - dt.timedelta(days=2),
        "received_on": today - dt.timedelta(days=1),
        "readers": [people["giamdinh"]],
    }
    insurance = prepare_mandate(
        body=Body.SOCIAL_INSURANCE,
        organisation="Bảo hiểm xã hội tỉnh Bình An",
        letter_number="118/BHXH-GĐBHYT",
        purpose="Giám định chi phí khám bệnh, chữa bệnh bảo hiểm y tế",
        starts_at=now() - dt.timedelta(minutes=1),
        ends_at=now() + dt.timedelta(days=7),
        by=planning,
        **told,
    )
    for stay in stays[:2]:
        list_chart(mandate=insurance, patient=stay.patient, encounter=stay, kept_closely=True, by=planning)
    approve_mandate(mandate=insurance, by=director)
    letter: dict[str, Any] = {
        "body": Body.COURT,
        "organisation": "Tòa án nhân dân khu vực 2",
        "purpose": "Thu thập chứng cứ vụ án dân sự",
        "starts_at": now() + dt.timedelta(days=1),
        "ends_at": now() + dt.timedelta(days=15),
    }
    court = prepare_mandate(letter_number="45/TA", by=records, **letter, **told)
    list_chart(mandate=court, patient=stays[-1].patient, encounter=stays[-1], kept_closely=True, by=records)
    corrected = {name: value for name, value in told.items() if name != "facility"}
    correct_mandate(
        mandate=court,
        letter_number="54/TA-DS",
        reason="Gõ đảo số công văn",
        by=records,
        **letter,
        **corrected,
    )
