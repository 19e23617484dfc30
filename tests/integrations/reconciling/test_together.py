"""Two of the integration staff sign the same day at once: one of them has signed, the other is told so."""

import datetime as dt
import threading

import pytest
from django.db import connections
from django.db.models import Max

from emr.accounts.models import User
from emr.common import wall
from emr.common.clock import local_today
from emr.common.errors import Conflict
from integrations.reconciling.days import Day
from integrations.reconciling.models import SignOff
from integrations.reconciling.selectors import board_of
from integrations.reconciling.services import sign_off
from integrations.transport.demo import load
from tests.emr.people import make_facility, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_two_signs_and_the_other_is_told() -> None:
    facility = make_facility()
    load(facility)
    people = [make_user(name, name.title(), "integration", facility) for name in ("tin", "hoc")]
    day = Day(local_today() - dt.timedelta(days=1))
    shown = board_of(facility, day).fingerprint
    gate = threading.Barrier(2)
    answers: dict[str, object] = {}

    def sign(by: User) -> None:
        try:
            with wall.within(facility.pk):
                gate.wait(30)
                answers[by.username] = sign_off(
                    facility=facility, day=day, shown=shown, note="Đã xem", notes={}, by=by
                )
        except Exception as error:
            answers[by.username] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sign, args=[by]) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    signed = SignOff.objects.get()
    refused = [answer for answer in answers.values() if isinstance(answer, Conflict)]
    assert [answer for answer in answers.values() if isinstance(answer, SignOff)] == [signed]
    assert [refusal.code for refusal in refused] == ["unchanged"]
    assert SignOff.objects.aggregate(last=Max("version"))["last"] == 1
