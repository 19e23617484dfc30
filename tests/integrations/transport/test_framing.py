"""The frame decoder: the same messages however the network cuts the bytes (F-15)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.transport.framing import FrameDecoder, FrameTooLong, frame

messages = st.lists(
    st.binary(min_size=1, max_size=40).map(lambda b: b"MSH" + b.replace(b"\x0b", b"").replace(b"\x1c", b"x")),
    max_size=5,
)
noise = st.sampled_from([b"", b"\r", b"\n", b"garbage", b"\x1c\r", b"\x00\xff"])


def feed_in_pieces(wire: bytes, cuts: list[int]) -> list[bytes]:
    decoder = FrameDecoder()
    found: list[bytes] = []
    places = sorted({min(cut, len(wire)) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(wire)], strict=True):
        found += decoder.feed(wire[start:end])
    return found


@given(sent=messages, between=noise, cuts=st.lists(st.integers(0, 400), max_size=12))
@settings(max_examples=400, deadline=None)
def test_any_split_gives_the_same_messages(sent: list[bytes], between: bytes, cuts: list[int]) -> None:
    wire = b"".join(between + frame(message) for message in sent)
    assert feed_in_pieces(wire, cuts) == sent


@given(
    wire=st.lists(
        st.sampled_from([b"\x0b", b"\x1c", b"\r", b"MSH", b"\x0bMSH|", b"a", b"\x1c\r"]), max_size=30
    ),
    cuts=st.lists(st.integers(0, 90), max_size=12),
)
@settings(max_examples=400, deadline=None)
def test_any_split_of_any_bytes_gives_the_same_messages(wire: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(wire)
    assert feed_in_pieces(whole, cuts) == feed_in_pieces(whole, list(range(len(whole))))


def test_two_frames_in_one_packet_and_one_in_many() -> None:
    assert FrameDecoder().feed(frame(b"MSH|1") + frame(b"MSH|2")) == [b"MSH|1", b"MSH|2"]
    decoder = FrameDecoder()
    pieces = [decoder.feed(bytes([byte])) for byte in frame(b"MSH|1")]
    assert [message for piece in pieces for message in piece] == [b"MSH|1"]


def test_a_half_frame_is_dropped_when_the_sender_begins_again() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(b"\x0bMSH|half of the fir") == []
    assert decoder.is_half
    assert decoder.feed(frame(b"MSH|whole")) == [b"MSH|whole"]
    assert not decoder.is_half
    assert decoder.dropped == 1


def test_a_missing_end_block_costs_that_message_alone() -> None:
    assert FrameDecoder().feed(b"\x0bMSH|1\r" + frame(b"MSH|2") + frame(b"MSH|3")) == [b"MSH|2", b"MSH|3"]


def test_start_and_end_signs_inside_a_text_are_text() -> None:
    assert FrameDecoder().feed(frame(b"MSH|a\x0bb\x1cc")) == [b"MSH|a\x0bb\x1cc"]


def test_a_frame_has_a_limit_before_and_at_its_end() -> None:
    decoder = FrameDecoder(limit=100)
    with pytest.raises(FrameTooLong):
        for _ in range(3):
            decoder.feed(b"\x0bMSH" + b"x" * 60 if not decoder.is_half else b"x" * 60)
    with pytest.raises(FrameTooLong):
        FrameDecoder(limit=100).feed(frame(b"x" * 101))
