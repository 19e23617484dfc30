"""Two tablets at one bed: rounds that arrive in the same moment wait for nobody for ever and are stored once each."""

import threading
import uuid

import pytest
from django.db import connections

from emr.notices.models import Notice
from encounters.monitoring.models import EarlyWarning
from encounters.results.models import Observation
from tests.emr.people import make_an, make_binh
from tests.encounters.monitoring.rounds import ILL, UNWELL, take
from tests.encounters.visits.ward import admit, ago, department


@pytest.mark.django_db(transaction=True)
def test_rounds_of_the_same_moment_are_all_stored_and_none_twice() -> None:
    binh, stay = make_binh(department()), admit(at=ago(hours=5), attending=make_an(department()))
    twice, first, second = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    sent = [(twice, ILL, 30), (twice, ILL, 30), (first, UNWELL, 20), (second, ILL, 10)]
    barrier, trouble = threading.Barrier(len(sent)), []

    def store(key: uuid.UUID, values: dict, minutes: int) -> None:  # type: ignore[type-arg]
        barrier.wait()
        try:
            take(stay, binh, values, key=key, effective_at=at[minutes])
        except Exception as error:
            trouble.append(error)
        connections.close_all()

    at = {minutes: ago(minutes=minutes) for _key, _values, minutes in sent}
    threads = [threading.Thread(target=store, args=one) for one in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert Observation.objects.count() == 3 * len(ILL)
    assert set(EarlyWarning.objects.values_list("batch", "score")) == {(twice, 13), (first, 5), (second, 13)}
    assert [notice.kind for notice in Notice.objects.filter(cause_gone_at=None)] == ["monitoring.high"]
