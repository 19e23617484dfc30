"""The head of the official chart: whose it is, where, which number and diagnosis. In Vietnamese, as the form is."""

import datetime as dt

from django.utils.translation import override

from emr.common.clock import now
from encounters.documents.heading import Pairs, bare, numbers, person, place_at, places_of
from encounters.visits.models import Condition, Encounter


def diagnosis_of(encounter: Encounter) -> str:
    """The newest confirmed diagnosis, in the doctor's words; "" where there is none."""
    condition = (
        Condition.objects.filter(encounter=encounter, replaced_by=None, status=Condition.Status.CONFIRMED)
        .order_by("-asserted_at", "-pk")
        .first()
    )
    return condition.text if condition is not None else ""


def head_of(encounter: Encounter, on: dt.date) -> list[Pairs]:
    """Lines of (label, words); a label without words stays, as on the empty form."""
    with override("vi"):
        room, bed = place_at(places_of(encounter), encounter.ended_at or now())
        name = bare(encounter.department.name, "khoa") if encounter.department is not None else ""
        return [
            [["Số HSBA", encounter.identifier], *numbers(encounter, "")[:2]],
            person(encounter, on),
            [
                ["Khoa", name],
                ["Buồng", room],
                ["Giường", bed],
                ["Chẩn đoán", diagnosis_of(encounter)],
            ],
        ]
