"""The listener killed in full flow while neighbours cut their messages: F-15 and F-16 by the ledger, with its control."""

import contextlib

import pytest

from integrations.hl7v2.parsing import parse
from integrations.transport.demo import load
from integrations.transport.framing import frame
from integrations.transport.models import Message
from tests.emr.people import make_facility
from tests.faults.ledger import Ledger
from tests.integrations.messages import adt
from tests.integrations.peers import RawSender, listening

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = 30


def _message(control_id: str) -> bytes:
    return adt("A04", control_id, number=f"BN{control_id}")


def _ask(sender: RawSender, ledger: Ledger, control_id: str) -> None:
    answer = parse(sender.ask(_message(ledger.send(control_id)))).first("MSA")
    assert answer[1].text() == "AA"
    ledger.acknowledge(answer[2].text())


def _until_killed(ledger: Ledger, program: tuple[str, ...]) -> None:
    """Acknowledged messages, a neighbour's half one between them, then kill -9 with one on its way."""
    with listening(program=program) as running, RawSender(running.port) as his:
        for number in range(MESSAGES):
            if number % 10 == 5:
                with RawSender(running.port) as neighbour:
                    neighbour.send(frame(_message(f"half-{number}"))[:80])
            _ask(his, ledger, str(number))
        his.send(frame(_message(ledger.send("last"))))
        running.process.kill()
        with contextlib.suppress(ConnectionError):
            for answer in his.receive():
                ledger.acknowledge(parse(answer).first("MSA")[2].text())


def _found() -> list[str]:
    return list(Message.objects.values_list("control_id", flat=True))


def test_what_was_acknowledged_is_there_and_what_is_sent_again_is_there_once() -> None:
    load(make_facility())
    ledger = Ledger()
    _until_killed(ledger, ("manage.py", "mllp"))
    assert not ledger.compare(_found())
    with listening() as running, RawSender(running.port) as his:
        for control_id in sorted(ledger.sent):  # a sender in doubt sends all of it again
            _ask(his, ledger, control_id)
    assert ledger.acknowledged == ledger.sent
    assert not ledger.compare(_found())


def test_the_control_a_listener_that_answers_before_it_stores_is_caught() -> None:
    load(make_facility())
    ledger = Ledger()
    _until_killed(ledger, ("tests/faults/hasty.py",))
    assert ledger.compare(_found()).lost
