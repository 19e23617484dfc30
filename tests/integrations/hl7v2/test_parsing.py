"""Reading messages: tolerant of partners' habits, strict where something could be misread."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.hl7v2.building import build_message, build_segment
from integrations.hl7v2.charset import decode
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.parsing import MAX_SEPARATORS, parse
from integrations.hl7v2.segments import Dg1, Evn, Mrg, Msh, Pid, Pv1
from integrations.hl7v2.timestamps import read_timestamp, write_timestamp
from integrations.hl7v2.values import NULL, Separators, escape, unescape
from tests.integrations.messages import adt, hostile_name, merge, msh

VIETNAMESE = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
texts = st.text(alphabet=st.sampled_from('aB1 |^~\\&"\n.XE' + VIETNAMESE + VIETNAMESE.upper()), max_size=40)
separators = st.sampled_from(
    [Separators(), Separators("#", "@", "*", "\\", "$"), Separators("|", "^", "~", "!", "&")]
)


def pid_of(raw: bytes) -> Pid:
    return Pid.read(parse(raw).first("PID"))


def test_the_typed_views_speak_the_message_s_words() -> None:
    message = parse(adt(extra="DG1|1||J18.9^Viêm phổi^I10||20261122|A|||||||||1"))
    assert Msh.read(message).trigger_event == "A01"
    assert Evn.read(message).event_occurred is not None
    pid = Pid.read(message.first("PID"))
    assert pid.patient_name.full_name == "Nguyễn Văn Bình"
    assert pid.patient_identifier_list[0].id_number == "BN000001"
    pv1 = Pv1.read(message)
    assert (pv1.patient_class, pv1.assigned_patient_location.bed, pv1.visit_number.id_number) == (
        "I",
        "G1",
        "DT000001",
    )
    assert pv1.admit_date_time is not None
    diagnosis = Dg1.read(message.first("DG1"))
    assert (diagnosis.diagnosis_code.identifier, diagnosis.diagnosis_type, diagnosis.diagnosis_priority) == (
        "J18.9",
        "A",
        "1",
    )
    assert (
        Mrg.read(parse(merge("M", survivor="A", removed="B", at="2026")).first("MRG"))
        .prior_patient_identifier_list[0]
        .id_number
        == "B"
    )


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_any_line_end_and_a_missing_last_one(end: str, last: bool) -> None:
    raw = adt().decode().rstrip("\r").replace("\r", end) + (end if last else "")
    assert [s.name for s in parse(raw.encode()).segments] == ["MSH", "EVN", "PID", "PV1"]


def test_a_line_feed_inside_a_name_makes_no_segment_where_cr_ends_segments() -> None:
    raw = adt(name="Nguyễn\nPID|9||X")
    assert len(parse(raw).all("PID")) == 1


def test_odd_lines_are_kept_apart_and_used_for_nothing() -> None:
    message = parse(adt() + b"pid|1||EVIL\rZZ\r\rZBV|1|x\r")
    assert message.odd_lines == ("pid|1||EVIL", "ZZ")
    assert message.first("ZBV")[2].text() == "x"


def test_empty_null_and_value_are_three_things() -> None:
    pid = pid_of(adt(pid_extra='|||""||""'))
    assert pid.address_is_null
    assert pid.phone_number_home is NULL
    assert pid.phone_number_business is None
    assert pid.administrative_sex == "M"


def test_separators_are_read_not_assumed() -> None:
    raw = adt().decode().replace("|", "#").replace("^", "@").replace("MSH#@~\\&", "MSH#@~\\&")
    assert pid_of(raw.encode()).patient_name.full_name == "Nguyễn Văn Bình"


def test_the_lost_backslash_leaves_a_message_without_escapes() -> None:
    raw = adt(name="C:\\F\\x").decode().replace("MSH|^~\\&|", "MSH|^~&|")
    assert pid_of(raw.encode()).patient_name.family_name == "C:\\F\\x"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PID|1",
        b"MSH",
        b"MSH|",
        b"MSHA^~\\&|x",
        b"MSH|||||",
        b"MSH|^^^^|HIS",
        b"\x00\xff" * 40,
        b"MSH|\r\r|^~",
    ],
)
def test_what_is_no_header_is_refused(raw: bytes) -> None:
    with pytest.raises(Hl7Error):
        parse(raw)


def test_escapes_are_decoded() -> None:
    pid = pid_of(adt(name=r"Tr\F\\S\\T\\R\\E\^A\X0D\B\.br\C\Zxy\D\X4G\E"))
    assert pid.patient_name.family_name == "Tr|^&~\\"
    assert pid.patient_name.given_name == "A\nB\nC\\Zxy\\D\\X4G\\E"


def test_hex_escapes_are_in_the_message_s_own_charset() -> None:
    assert pid_of(adt(name=r"L\XC3AA\^A")).patient_name.family_name == "Lê"


def test_control_characters_never_reach_the_database() -> None:
    assert pid_of(adt(name="A\x00B\\X00\\C\x1b")).patient_name.family_name == "ABC"


def test_names_in_nfd_become_nfc() -> None:
    name = "Nguyễn^Thị Bích Đào"
    raw = adt(name=unicodedata.normalize("NFD", name))
    assert raw != adt(name=name)
    assert pid_of(raw).patient_name == pid_of(adt(name=name)).patient_name


@given(full_name=texts)
@settings(max_examples=200, deadline=None)
def test_no_name_can_become_a_segment_or_a_field(full_name: str) -> None:
    message = parse(hostile_name(full_name))
    assert [s.name for s in message.segments] == ["MSH", "EVN", "PID", "PV1"]
    assert message.first("PID")[8].text() == "F"
    assert message.first("PID")[5].text() == unicodedata.normalize("NFC", full_name).strip()


@pytest.mark.parametrize(
    "name", ["A|B^C~D\\E&F", "An\rPID|1||BN666", "An\r\nPID|", "\\F\\", '""', "\x1c\r\x0bMSH|"]
)
def test_hostile_names_make_one_pid_and_come_back_equal(name: str) -> None:
    message = parse(hostile_name(name))
    assert len(message.all("PID")) == 1
    expected = name.replace("\r\n", "\n").replace("\r", "\n").replace("\x1c", "").replace("\x0b", "")
    assert message.first("PID")[5].text() == expected.strip()


@given(text=texts, used=separators)
def test_escape_and_back(text: str, used: Separators) -> None:
    """S-29."""
    written = escape(text, used)
    assert not set(written) & {used.field, used.component, used.repetition, used.subcomponent, "\r", "\n"}
    assert unescape(written, used) == unicodedata.normalize("NFC", text)


@given(values=st.lists(st.lists(texts, min_size=1, max_size=4), min_size=1, max_size=6), used=separators)
@settings(max_examples=100, deadline=None)
def test_build_and_parse_back(values: list[list[str]], used: Separators) -> None:
    raw = build_message(["HIS"], build_segment("ZZZ", *values, separators=used), separators=used)
    segment = parse(raw).first("ZZZ")
    for number, components in enumerate(values, 1):
        read = [segment[number].text(c) for c in range(1, len(components) + 1)]
        assert read == [unicodedata.normalize("NFC", text).strip() for text in components]


@given(raw=st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_parse_or_are_refused_by_name(raw: bytes) -> None:
    for candidate in (raw, b"MSH|^~\\&|" + raw):
        try:
            parse(candidate)
        except Hl7Error as error:
            assert error.code


def test_a_message_of_separators_is_refused_before_it_costs_memory() -> None:
    with pytest.raises(Hl7Error) as refusal:
        parse(adt() + b"ZZZ|" + b"^" * (MAX_SEPARATORS + 1))
    assert refusal.value.code == "too_complex"


def test_a_batch_is_not_one_message() -> None:
    with pytest.raises(Hl7Error):
        parse(adt() + adt())


@pytest.mark.parametrize(
    ("text", "precision", "local"),
    [
        ("1950", "year", "1950-01-01"),
        ("19500000", "year", "1950-01-01"),
        ("195007", "month", "1950-07-01"),
        ("19800517", "day", "1980-05-17"),
        ("20261122003000", "second", "2026-11-22"),
        ("20261121173000+0000", "second", "2026-11-21"),
        ("20261122003000.1234+0700", "second", "2026-11-22"),
    ],
)
def test_times(text: str, precision: str, local: str) -> None:
    found = read_timestamp(text)
    assert found is not None
    assert (found.precision, found.on.isoformat()) == (precision, local)


def test_times_without_a_zone_are_the_hospital_s() -> None:
    assert read_timestamp("20261122003000") == read_timestamp("20261122003000+0700")
    at = read_timestamp("20261122003000")
    assert at is not None
    assert write_timestamp(at.at) == "20261122003000+0700"


@pytest.mark.parametrize("text", ["20260230", "hôm qua", "20261322", "202611222500", "1"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Hl7Error):
        read_timestamp(text)


def test_utf8_is_taken_as_utf8_whatever_is_declared() -> None:
    assert decode("Nguyễn".encode(), declared="8859/1") == ("Nguyễn", "utf-8")
    assert decode("Nguyễn".encode(), declared="") == ("Nguyễn", "utf-8")


@pytest.mark.parametrize(
    ("raw", "charset"),
    [
        ("NguyÔn ThÞ BÝch §µo".encode("latin-1"), "tcvn3"),
        ("Nguyeãn Thò Bích Ñaøo".encode("latin-1"), "vni"),
        (b"Nguy\xea\xden Th\xf2i B\xedch \xd0\xe0o".replace(b"\xf2i", b"i\xf2"), "cp1258"),
    ],
)
def test_old_vietnamese_encodings(raw: bytes, charset: str) -> None:
    text, used = decode(raw, override=charset)
    assert used == charset
    assert unicodedata.normalize("NFC", text) == "Nguyễn Thị Bích Đào"
    guessed, _charset = decode(raw)
    assert unicodedata.normalize("NFC", guessed) == "Nguyễn Thị Bích Đào"


def test_what_could_be_two_names_is_not_guessed() -> None:
    with pytest.raises(Hl7Error) as refusal:
        decode(b"L\xea")  # Lê in Windows-1258, Lờ in TCVN 5712
    assert refusal.value.code == "charset"


def test_the_channel_s_charset_binds() -> None:
    with pytest.raises(Hl7Error):
        decode(b"Nguy\xea\xden", override="utf-8")


def test_msh_without_zone_and_with_two_part_type() -> None:
    header = Msh.read(parse(f"{msh('ORU')}\r".encode()))
    assert (header.message_code, header.trigger_event) == ("ORU", "")
