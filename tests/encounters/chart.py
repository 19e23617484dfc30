"""A stay with a chart: bà Đào in internal medicine, An who writes, the two shipped forms in force."""

import io
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from emr.accounts.models import User
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from emr.terminology.models import CodeSystem, Concept
from encounters.documents import services
from encounters.documents.models import Document, DocumentDraft
from encounters.forms.models import Questionnaire
from encounters.forms.shipped import SHIPPED
from encounters.visits.models import Encounter
from tests.emr.people import make_an
from tests.encounters.visits.ward import admit, department

ICD = "icd10"


_shipped: list[dict[str, Any]] = []  # read and checked once a process: hundreds of tests want them


def load_forms() -> None:
    """The shipped forms without the records 02 to 29 (4 MB that few tests want), and the one code that the tests write."""
    if _shipped:
        Questionnaire.objects.bulk_create([Questionnaire(**row) for row in _shipped], ignore_conflicts=True)
    else:
        call_command("load_questionnaires", *map(str, sorted(SHIPPED.glob("*.json"))), stdout=io.StringIO())
        rows = Questionnaire.objects.filter(facility=None).values()
        _shipped.extend({name: row[name] for name in row if name != "id"} for row in rows)
    system, _ = CodeSystem.objects.get_or_create(
        code=ICD, defaults={"url": "http://hl7.org/fhir/sid/icd-10", "title": "ICD-10"}
    )
    Concept.objects.get_or_create(
        system=system, code="J18.9", defaults={"display": "Viêm phổi, không đặc hiệu"}
    )


def load_records(*codes: str) -> None:
    """These records too: 02/BV1 …"""
    files = [str(SHIPPED / "records" / f"{code.replace('/', '-')}.json") for code in codes]
    call_command("load_questionnaires", *files, stdout=io.StringIO())


def make_stay(**told: Any) -> tuple[User, Encounter]:
    """An and a stay of his department's."""
    load_forms()
    return make_an(department()), admit(**told)


def posted(text: str = "Tỉnh, không sốt.", **more: str) -> dict[str, str]:
    """What the page of a treatment-sheet entry posts, flat; its time stays the draft's."""
    return {
        "a/course.text/0": text,
        "a/course.diagnosis.code/0": "J18.9",
        "a/course.diagnosis.code/0/shown": "Viêm phổi, không đặc hiệu",
        "a/course.diagnosis.code/0/chosen": "Viêm phổi, không đặc hiệu",
        **more,
    }


def written(document: Document, text: str = "Tỉnh, không sốt.", **more: str) -> dict[str, list[str]]:
    """The same as lists, with the time that the draft holds."""
    at = timezone.localtime(document.happened_at)
    time = {"a/when.at/0": f"{at:%d/%m/%Y %H:%M}"}
    return {name: [value] for name, value in (time | posted(text, **more)).items()}


def begin(encounter: Encounter, by: User, **told: Any) -> Document:
    """A draft entry."""
    return services.begin_document(**{"encounter": encounter, "code": "36/BV2", "by": by} | told)


def draft_of(document: Document) -> DocumentDraft:
    return DocumentDraft.objects.get(document=document)


def deliver_all() -> int:
    """Do what the workers would do, until nothing is owed; returns how many deliveries were made."""
    done = 0
    for _ in range(50):
        owed = (
            OutboxEvent.objects.filter(done_at=None, failed_at=None)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        if not (now := sum(deliver(event_id=pk) for pk in list(owed))):
            return done
        done += now
    raise AssertionError("the outbox never empties")
