"""What we send is in the characters that the neighbour reads; what its set lacks isn't sent as something else."""

import pytest

from emr.accounts.models import Organization
from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.encoding import encoded_for
from integrations.hl7v2.parsing import parse
from integrations.transport.models import Channel, DeadLetter
from integrations.transport.senders import CannotSend
from tests.integrations.conftest import facility
from tests.integrations.neighbour import listening_neighbour
from tests.integrations.transport import test_sending as outgoing

__all__ = ["facility"]
NAME = "Đặng Thị Hồng Nguyễn"
EVERY = "àảãáạ ằẳẵắặ ầẩẫấậ èẻẽéẹ ềểễếệ ìỉĩíị òỏõóọ ồổỗốộ ờởỡớợ ùủũúụ ừửữứự ỳỷỹýỵ đ ă â ê ô ơ ư ĂÂĐÊÔƠƯ"


def raw(text: str) -> bytes:
    msh = ["EMR", "9", "LIS", "9", "20261128080000", None, ["OML", "O21"], "O1", "P", "2.5.1", *[None] * 5]
    return build_message([*msh, "UNICODE UTF-8"], build_segment("PID", "1", None, "BN1", None, [text]))


@pytest.mark.parametrize(("charset", "declared"), [("cp1258", "CP1258"), ("tcvn3", "TCVN3")])
@pytest.mark.parametrize("text", [EVERY, NAME])
def test_vietnamese_comes_back_as_it_was(charset: str, declared: str, text: str) -> None:
    written = encoded_for(Channel(charset=charset), raw(text))
    read = parse(written, charset=charset)
    assert read.first("PID")[5].text() == text
    assert read.first("MSH")[18].text() == declared
    assert written != raw(text)
    assert parse(written).first("PID")[5].text() == text, "MSH-18 alone tells it"


def test_utf_8_goes_out_as_it_is_kept() -> None:
    assert encoded_for(Channel(charset=""), raw(NAME)) == raw(NAME)


def test_latin_letters_go_out_in_one_byte_each() -> None:
    written = encoded_for(Channel(charset="latin-1"), raw("José Ngãi"))
    assert "José Ngãi".encode("latin-1") in written
    assert b"|8859/1\r" in written


@pytest.mark.parametrize(
    ("charset", "text", "character"),
    [("latin-1", NAME, "Đ"), ("tcvn3", "NGUYỄN", "Ễ"), ("cp1258", "Lê 漢", "漢")],
)
def test_what_the_set_lacks_is_named_with_its_place(charset: str, text: str, character: str) -> None:
    with pytest.raises(CannotSend) as refusal:
        encoded_for(Channel(charset=charset), raw(text))
    assert (refusal.value.reason, refusal.value.detail["character"]) == ("cannot_encode", character)
    assert refusal.value.detail["place"] == "PID-5"


@pytest.mark.django_db
def test_a_name_that_cannot_be_written_needs_a_person_and_those_behind_it_go_on(
    facility: Organization,
) -> None:
    with listening_neighbour() as neighbour:
        channel = outgoing.make_channel(facility, neighbour, charset="latin-1")
        bad = outgoing.order(channel, "O1", patient="Đ1")
        good = outgoing.order(channel, "O2", patient="B2")
        outgoing.work_off(2)
        assert (outgoing.state(bad), outgoing.state(good)) == ("dead", "delivered")
        assert DeadLetter.objects.get().reason == "cannot_encode"
        assert neighbour.control_ids == ["O2"]
