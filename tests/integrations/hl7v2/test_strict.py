"""What we answer is HL7 v2.5.1 in a strict reader's eyes; and the strict reader does see what is wrong."""

from datetime import UTC, datetime

import pytest
from hl7apy.exceptions import HL7apyException

from integrations.hl7v2.acknowledgement import ERROR, REJECT, Problem, acknowledge
from integrations.hl7v2.header import read_header
from tests.integrations.messages import adt, msh
from tests.integrations.strict import judge

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
PLACED = Problem(REJECT, "103", "Không rõ hệ thống gửi | ^ & ~ \\ này", "MSH", 3)
PLACELESS = Problem(ERROR, "207", "Lỗi bên trong")


@pytest.mark.parametrize("problem", [None, PLACED, PLACELESS], ids=["taken", "with its place", "without"])
@pytest.mark.parametrize(
    ("accept", "application"), [("", ""), ("AL", "NE"), ("AL", "AL"), ("NE", "AL"), ("ER", "SU")]
)
@pytest.mark.parametrize("kind", ["ADT^A01^ADT_A01", "ORU^R01^ORU_R01", "MDM^T02", "ORU"])
def test_every_acknowledgement(problem: Problem | None, accept: str, application: str, kind: str) -> None:
    header = read_header(msh(kind, "M1", accept=accept, application=application).encode())
    answers = acknowledge(header, at=NOW, problem=problem)
    for raw in answers:
        judge(raw)
    assert answers or accept == "NE"


def test_the_answer_to_what_has_no_header_lacks_the_number_alone_that_nobody_knows() -> None:
    (raw,) = acknowledge(None, at=NOW, problem=PLACED)
    with pytest.raises(HL7apyException, match="MSA_2"):
        judge(raw)
    judge(raw.replace(b"MSA|AR||", b"MSA|AR|M1|"))


def test_a_control_id_goes_back_as_it_came() -> None:
    (raw,) = acknowledge(read_header(msh("ADT^A01", r"A\T\B").encode()), at=NOW, problem=None)
    judge(raw)
    assert rb"MSA|AA|A\T\B" in raw


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"\rPID|", b"\rPV2|"),  # a segment where none may be
        (b"PID|1||BN000001^^^BV99999^MR|", b"PID|1|||"),  # a required field left out
        (b"|19800517|", b"|hom nay|"),  # no date
        (b"EVN|A01|20261122080000", b"EVN|A01|20261122080000^x^y^z"),  # more components than the type has
        (b"PV1|1|I|", b"PV1|mot|I|"),  # no number
    ],
)
def test_the_control_a_message_that_isnt_to_the_letter_is_seen(right: bytes, wrong: bytes) -> None:
    """Else nothing is said by what passes."""
    raw = adt().replace(b"||ADT^A01|", b"||ADT^A01^ADT_A01|")
    judge(raw)
    assert right in raw
    with pytest.raises((HL7apyException, AssertionError, ValueError)):
        judge(raw.replace(right, wrong))
