"""Papers of bà Đào's stay: what the tests write where the stay can't know it."""

import datetime as dt
from typing import Any

from django.utils import timezone

from emr.accounts.models import User
from emr.common.clock import local_today
from encounters.attestations import services
from encounters.attestations.models import Attestation
from encounters.documents import services as documents
from encounters.documents.models import DocumentVersion
from encounters.forms.services import answers_of
from encounters.visits.details import DeathDetails
from encounters.visits.models import Encounter
from tests.encounters import chart
from tests.encounters.visits.ward import ago, discharge, visit

ICD = {
    "a/diagnosis.code/0": ["J18.9"],
    "a/diagnosis.code/0/shown": ["Viêm phổi, không đặc hiệu"],
    "a/diagnosis.code/0/chosen": ["Viêm phổi, không đặc hiệu"],
    "a/diagnosis.text/0": ["Viêm phổi, không đặc hiệu"],
}


def day(ahead: int = 0) -> str:
    """A day as it is typed."""
    return f"{local_today() + dt.timedelta(days=ahead):%d/%m/%Y}"


def leave(days: int = 5, first: int = 0) -> dict[str, list[str]]:
    """So many days of leave from a day on."""
    return {
        "a/leave.days/0": [str(days)],
        "a/leave.from/0": [day(first)],
        "a/leave.to/0": [day(first + days - 1)],
    }


# What is typed on each paper, beside what the stay knows.
TYPED: dict[str, dict[str, list[str]]] = {
    "TT25-02": ICD
    | {"a/treatment/0": ["Kháng sinh 7 ngày, nghỉ ngơi."], "a/advice/0": ["Uống thuốc theo đơn."]},
    "TT25-03": ICD
    | {
        "a/admission.text/0": ["Sốt chưa rõ nguyên nhân"],
        "a/course/0": ["Sốt, ho 3 ngày."],
        "a/treatment/0": ["Kháng sinh."],
    },
    "TT25-04": {
        "a/asker.name/0": ["Nguyễn Văn Sáu"],
        "a/asker.relation/0": ["Chồng"],
        "a/asker.number/0": ["038057000123"],
        "a/purpose/0": ["Thanh toán bảo hiểm"],
    },
    "TT25-05": {"a/death.cause/0": ["Suy hô hấp cấp"]},
    "TT25-06": ICD,
    "TT25-07": ICD | leave() | {"a/treatment/0": ["Thuốc uống"], "a/person.workplace/0": ["Công ty May 10"]},
    "TT25-11": ICD | leave(14) | {"a/pregnancy.weeks/0": ["20"], "a/person.workplace/0": ["Công ty May 10"]},
    "TT01-V": ICD | {"a/visit.on/0": [day(7)], "a/visit.where/0": ["Phòng khám Nội"]},
    "TT01-VI": ICD
    | {
        "a/to.name/0": ["Bệnh viện tỉnh"],
        "a/signs/0": ["Sốt cao, khó thở"],
        "a/treatment/0": ["Thở oxy, kháng sinh"],
        "a/state/0": ["Tỉnh, huyết áp ổn định"],
        "a/reason/0": ["urn:benhanmo:referral-reason|1"],
    },
}


def stay_for(kind: str) -> tuple[User, Encounter]:
    """An, and a stay that gives such a paper."""
    an, stay = chart.make_stay(at=ago(hours=20))
    if kind in {"TT25-07", "TT25-11"}:
        stay = visit(at=ago(hours=2))
    elif kind == "TT25-05":
        stay = discharge(stay, outcome="5", death=DeathDetails(died_at=ago(hours=1)))
    elif kind in {"TT25-02", "TT25-03"}:
        stay = discharge(stay)
    return an, stay


def freeze(paper: Attestation, by: User, **more: list[str]) -> DocumentVersion:
    """What is typed, confirmed."""
    document = paper.document
    draft = documents.save_draft(
        document=document,
        fields=kept(paper) | TYPED[paper.kind] | more,
        revision=chart.draft_of(document).revision,
        by=by,
    )
    version = documents.finalize_document(document=document, revision=draft.revision, by=by)
    paper.refresh_from_db()
    return version


def kept(paper: Attestation) -> dict[str, list[str]]:
    """What the page would send back of the days that were filled in."""
    content, fields = chart.draft_of(paper.document).content, {}
    for link in ("stay.admitted_at", "stay.discharged_at", "death.at", "way.at"):
        for answer in answers_of(content, link):
            moment = timezone.localtime(dt.datetime.fromisoformat(str(answer.value)))
            fields[f"a/{link}/0"] = [f"{moment:%d/%m/%Y %H:%M}"]
    for link in ("confirmed.from", "confirmed.to"):
        for answer in answers_of(content, link):
            fields[f"a/{link}/0"] = [f"{dt.date.fromisoformat(str(answer.value)):%d/%m/%Y}"]
    for link in ("death.place", "person.guardian"):
        for answer in answers_of(content, link):
            fields[f"a/{link}/0"] = [str(answer.value)]
    return fields


def make_paper(kind: str = "TT25-02", *, frozen: bool = True, **more: Any) -> tuple[User, Attestation]:
    """A paper of a stay of its kind, numbered unless only begun."""
    an, stay = stay_for(kind)
    paper = services.begin_paper(encounter=stay, kind=kind, by=an)
    if frozen:
        freeze(paper, an, **more)
    return an, paper


def make_issued(kind: str = "TT25-02") -> tuple[User, Attestation]:
    """A paper whose last signature was embedded."""
    an, paper = make_paper(kind)
    issue(paper)
    return an, paper


def issue(paper: Attestation) -> None:
    """As the last signature's event does."""
    paper.document.refresh_from_db()
    assert paper.document.current_version is not None
    services.mark_issued(version=paper.document.current_version)
    paper.refresh_from_db()
