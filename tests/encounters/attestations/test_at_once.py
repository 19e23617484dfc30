"""Two who finish papers in the same moment get two numbers, and no number is lost."""

import threading
from functools import partial
from typing import Any

import pytest
from django.db import connections

from encounters.attestations import services
from encounters.attestations.models import Attestation, PaperSeries
from encounters.documents import services as documents
from tests.emr.people import make_user
from tests.encounters.attestations.papers import TYPED, kept
from tests.encounters.chart import draft_of, make_stay
from tests.encounters.visits.ward import ago, discharge


def _together(jobs: list[Any]) -> list[Exception]:
    barrier, trouble = threading.Barrier(len(jobs)), []

    def run(job: Any) -> None:
        barrier.wait()
        try:
            job()
        except Exception as error:
            trouble.append(error)
        connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return trouble


@pytest.mark.django_db(transaction=True)
def test_numbers_given_at_once_are_all_others_and_leave_no_gap() -> None:
    _an, stay = make_stay(at=ago(hours=20))
    doctors = [make_user(f"d{n}", f"Bác sĩ {n}", "doctor", stay.department) for n in range(4)]
    ready = []
    for doctor in doctors:
        paper = services.begin_paper(encounter=stay, kind="TT01-V", by=doctor)
        draft = documents.save_draft(
            document=paper.document,
            fields=kept(paper) | TYPED["TT01-V"],
            revision=draft_of(paper.document).revision,
            by=doctor,
        )
        ready.append((paper.document, draft.revision, doctor))
    jobs = [
        partial(documents.finalize_document, document=document, revision=revision, by=doctor)
        for document, revision, doctor in ready
    ]
    assert _together([*jobs, jobs[0]]) == []
    assert sorted(Attestation.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4]
    assert PaperSeries.objects.get().last == 4


@pytest.mark.django_db(transaction=True)
def test_the_discharge_paper_begun_by_two_is_one() -> None:
    an, stay = make_stay(at=ago(hours=20))
    stay = discharge(stay)
    begin = partial(services.begin_paper, encounter=stay, kind="TT25-02", by=an)
    assert _together([begin] * 4) == []
    assert Attestation.objects.count() == 1
