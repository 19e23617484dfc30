"""What laboratories' feeds look like in the field: each oddity ends in the right chart or with a person."""

import base64
import concurrent.futures
import contextlib
import time
import unicodedata

import pytest

from emr.accounts.models import Organization
from emr.common import wall
from emr.storage.services import read_bytes
from encounters.results.models import DiagnosticReport, Finding
from integrations.hl7v2.parsing import parse
from integrations.hl7v2.services import forget_channels, receive
from integrations.transport.framing import MAX_FRAME, frame
from integrations.transport.listener import Frame
from integrations.transport.models import Channel, DeadLetter, Message
from integrations.transport.services import replay
from patients.registry.models import Identifier, Patient
from tests.emr.people import make_user
from tests.integrations.conftest import Send, ago, facility, reasons, send, state, work_off
from tests.integrations.lis.results import PID, obr, obx, oru
from tests.integrations.messages import adt
from tests.integrations.peers import RawSender, listening

__all__ = ["facility", "send"]
APPLIED, SUPERSEDED, DEAD = "applied", "superseded", "dead"
WORDS = "Ặc tính: nhầy, đục; nhuộm Gram thấy cầu khuẩn xếp đôi – ườỡ ẴẶ Đđ"
CRE = "CRE^Creatinin^L^14682-9^Creatinine^LN"


def admission(control_id: str = "A1", number: str = "0000001", name: str = "Đào^Thị Bích Đào") -> bytes:
    """Bà Đào's, by the HIS."""
    return adt(
        "A01", control_id, at=ago(4), number=number, name=name, birth="19600203", sex="F", visit=f"DT{number}"
    )


@pytest.fixture
def ward(facility: Organization, send: Send) -> Organization:
    """The facility with bà Đào in bed."""
    assert state(send(admission())) == APPLIED
    return facility


def held() -> DiagnosticReport:
    """The one report that holds."""
    return DiagnosticReport.objects.get(replaced_by=None)


def lines_of(raw: bytes) -> list[str]:
    return raw.decode().removesuffix("\r").split("\r")


def joined(*lines: str) -> bytes:
    return "".join(f"{line}\r" for line in lines).encode()


@pytest.mark.django_db
class TestCharacters:
    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    @pytest.mark.parametrize("declared", ["UNICODE UTF-8", "", "ASCII", "8859/1", "CP1258", "Tiếng Việt"])
    def test_utf_8_is_read_whatever_msh_18_says(
        self, ward: Organization, send: Send, form: str, declared: str
    ) -> None:
        raw = oru(obr(code=f"DOM^{WORDS}^L"), obx("TX", "NX^Nhận xét^L", WORDS), pid=PID)
        head, rest = raw.split(b"\r", 1)
        raw = head.replace(b"UNICODE UTF-8", declared.encode()) + b"\r" + rest
        sent = send(unicodedata.normalize(form, raw.decode()).encode())
        assert state(sent) == APPLIED, reasons(sent)
        assert (held().title, Finding.objects.get().text) == (WORDS, WORDS)

    @pytest.mark.parametrize("charset", ["cp1258", "tcvn3", "vni"])
    def test_old_encodings_that_call_themselves_utf_8_are_read_as_the_channel_says(
        self, ward: Organization, send: Send, charset: str
    ) -> None:
        """MSH-18 is wrong; who set the channel up has said what the bytes are."""
        bytes_of = {
            "cp1258": "Gram âm".encode("cp1258"),
            "tcvn3": "Gram ©m".encode("latin-1"),
            "vni": "Gram aâm".encode("latin-1"),
        }
        Channel.objects.filter(name="LIS").update(charset=charset)
        forget_channels()
        # PID-5 is left out: the number says who it is, and its letters would need the same encoding.
        raw = oru(
            obr().replace("&Lê&", "&Le&"),
            obx("TX", "NX^Nhuom soi^L", "@@"),
            pid="PID|1||0000001^^^BV99999^MR",
        )
        sent = send(raw.replace(b"@@", bytes_of[charset]))
        assert state(sent) == APPLIED, reasons(sent)
        assert Finding.objects.get().text == "Gram âm"

    def test_letters_that_could_be_two_texts_wait_for_a_person_and_are_read_after_the_channel_is_set(
        self, ward: Organization, send: Send
    ) -> None:
        raw = oru(
            obr().replace("&Lê&", "&Le&"), obx("TX", "NX^Ten^L", "@@"), pid="PID|1||0000001^^^BV99999^MR"
        )
        sent = send(raw.replace(b"@@", b"L\xea").replace(b"UNICODE UTF-8", b""))
        assert state(sent) == DEAD
        letter = DeadLetter.objects.get()
        assert letter.reason == "charset"
        assert not DiagnosticReport.objects.exists()
        Channel.objects.filter(name="LIS").update(charset="cp1258")
        forget_channels()
        replay(letter, by=make_user("tichhop", "Lê Tích Hợp", "integration", ward))
        work_off()
        assert state(sent) == APPLIED
        assert Finding.objects.get().text == "Lê"

    def test_escapes_are_the_signs_that_they_stand_for(self, ward: Organization, send: Send) -> None:
        text = r"pH \X37\,4 \T\ Hb \F\ tỉ lệ 1\S\2 \R\ 50\E\50\.br\Dòng hai \H\đậm\N\ \Z01\ hết"
        sent = send(oru(obr(code=r"A\T\B^Kháng thể anti\S\HBs^L"), obx("ST", "NX^Nhận\\T\\xét^L", text)))
        assert state(sent) == APPLIED
        finding = Finding.objects.get()
        assert held().title == "Kháng thể anti^HBs"
        assert (held().code, finding.title) == ("A&B", "Nhận&xét")
        assert finding.text.startswith("pH 7,4 & Hb | tỉ lệ 1^2 ~ 50\\50\nDòng hai ")
        assert "đậm" in finding.text

    def test_separators_other_than_the_usual_ones(self, ward: Organization, send: Send) -> None:
        text = oru(obr(), obx("NM", CRE, "142", unit="µmol/L")).decode()
        swapped = text.replace("^~\\&", "@*!$").replace("^", "@")
        assert state(send(swapped.encode())) == APPLIED
        assert (Finding.objects.get().number, Finding.objects.get().loinc) == (142, "14682-9")


@pytest.mark.django_db
class TestStructure:
    def test_segments_of_ones_own_and_unknown_ones_change_nothing(
        self, ward: Organization, send: Send
    ) -> None:
        plain = oru(obr(), obx("NM", CRE, "142"), "NTE|1|L|Đã kiểm tra lại")
        msh, pid, pv1, *rest = lines_of(plain)
        odd = [msh, "ZHD|1|máy 3", "SFT|LIS|9", pid, "ZPI|1|BN", "PD1|1", pv1, "ZVS|1"]
        for line in rest:
            odd += [line, f"ZX{len(odd) % 10}|1|{line[:3]}^{WORDS}", "CTI|1", "FT1|1"]
        assert state(send(joined(*odd))) == APPLIED
        assert (held().findings.get().number, held().findings.get().note) == (142, "Đã kiểm tra lại")
        assert state(send(plain.replace(b"|L1|P|", b"|L2|P|"))) == SUPERSEDED, "it is the same version"

    @pytest.mark.parametrize(
        "order",
        [
            (0, 3, 4, 5, 6, 1, 2),  # who it is, at the end
            (0, 2, 1, 3, 4, 5, 6),  # the visit before the patient
            (0, 3, 1, 4, 2, 5, 6),  # both in the middle of the result
        ],
        ids=["patient last", "visit first", "in the middle"],
    )
    def test_patient_and_visit_are_found_wherever_they_stand(
        self, ward: Organization, send: Send, order: tuple[int, ...]
    ) -> None:
        lines = lines_of(oru("ORC|RE||F1", obr(), obx("NM", CRE, "142"), obx("NM", "NA^Natri^L", "138")))
        assert state(send(joined(*(lines[place] for place in order)))) == APPLIED
        assert [finding.number for finding in held().findings.order_by("position")] == [142, 138]

    def test_a_finding_that_comes_before_its_test_needs_a_person(
        self, ward: Organization, send: Send
    ) -> None:
        """Whose it is can't be known; left out silently, a doctor would take the rest for the whole."""
        sent = send(oru(obx("NM", "K^Kali^L", "7.1"), obr(), obx("NM", CRE, "142")))
        assert state(sent) == DEAD
        assert DeadLetter.objects.get().reason == "finding_without_test"
        assert not DiagnosticReport.objects.exists()

    def test_repeated_fields(self, ward: Organization, send: Send) -> None:
        """Several numbers of one person, "null" written out among them; several words of one finding; several flags."""
        pid = "PID|1||null^^^^~990^^^MAY3^PI~0000001^^^BV99999^MR||Đào^Thị Bích Đào~DAO^THI BICH DAO||19600203|F"
        raw = oru(
            obr(),
            obx("CE", "VK^Vi khuẩn^L", "ECO^Escherichia coli^L~SAU^Tụ cầu vàng^L"),
            obx("NM", CRE, "142", flag="H~A"),
            pid=pid,
        )
        sent = send(raw)
        assert state(sent) == APPLIED, reasons(sent)
        words, number = held().findings.order_by("position")
        assert words.text == "Escherichia coli; Tụ cầu vàng"
        assert (number.number, number.flag) == (142, "H")

    def test_the_word_null_is_nobodys_number(self, ward: Organization, send: Send) -> None:
        """Two patients of a system that writes it where it has none are two people, not one called NULL."""
        for control_id, number, name in (("N1", "0000002", "Lê^Văn Hùng"), ("N2", "0000003", "Trần^Thị Hoa")):
            raw = admission(control_id, number, name).replace(b"PID|1||", b"PID|1||null^^^BV99999^MR~")
            assert state(send(raw)) == APPLIED
        assert not Identifier.objects.filter(value__iexact="null").exists()
        assert Patient.objects.count() == 3
        sent = send(
            oru(obr(), obx("NM", CRE, "142"), pid="PID|1||null^^^BV99999^MR~(null)||Đào^Thị Bích Đào")
        )
        assert state(sent) == DEAD
        assert DeadLetter.objects.get().reason == "no_patient_number"
        assert not DiagnosticReport.objects.exists()

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_other_ends_of_lines(self, ward: Organization, send: Send, end: str) -> None:
        raw = oru(obr(), obx("NM", CRE, "142")).decode().replace("\r", end)
        assert state(send(raw.encode())) == APPLIED
        assert held().findings.get().number == 142

    def test_the_same_result_over_and_over_is_there_once(self, ward: Organization, send: Send) -> None:
        """As it was, under new numbers, and from two threads' worth of copies in one batch."""
        raw = oru(obr(), obx("NM", CRE, "142"))
        send(raw)
        for number in range(2, 7):
            assert state(send(raw.replace(b"|L1|P|", f"|L{number}|P|".encode()))) == SUPERSEDED
        assert (DiagnosticReport.objects.count(), Finding.objects.count()) == (1, 1)


def same_id(number: int) -> bytes:
    """What an analyser sends whose MSH-10 is 1 for ever: another specimen each time."""
    return oru(obr(filler=f"M{number}"), obx("NM", CRE, str(100 + number)), control="1")


@pytest.mark.django_db
def test_an_analyser_whose_control_id_never_changes_loses_nothing_and_doubles_nothing(
    ward: Organization, send: Send
) -> None:
    Channel.objects.filter(name="LIS").update(duplicate_key=Channel.DuplicateKey.CONTENT)
    forget_channels()
    raws = [same_id(number) for number in range(5)]
    assert [state(send(raw)) for raw in raws] == [APPLIED] * 5
    assert Message.objects.filter(control_id="1").count() == 5
    before = Message.objects.count()
    for raw in raws:
        with pytest.raises(Message.DoesNotExist):
            send(raw)  # nothing new was stored
    assert Message.objects.count() == before
    assert sorted(DiagnosticReport.objects.values_list("filler_number", flat=True)) == [
        f"M{n}|XN0015" for n in range(5)
    ]


@pytest.mark.django_db
def test_by_default_such_an_analyser_is_told_and_nothing_is_taken_for_a_copy(
    ward: Organization, send: Send
) -> None:
    """The channel isn't set for it: AE 205, so that its results aren't lost in silence."""
    send(same_id(0))
    with wall.nowhere():
        answer = parse(receive([Frame(same_id(1), "127.0.0.1")])[0].wire.strip(b"\x0b\x1c\r"))
    assert (answer.first("MSA")[1].text(), answer.first("ERR")[3].text()) == ("AE", "205")
    assert DiagnosticReport.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestWire:
    def test_a_message_just_within_the_limit_is_in_the_chart_byte_for_byte(
        self, facility: Organization
    ) -> None:
        head = len(oru(obr(), obx("ED", "PDF^Phiếu^L", "LIS^application^pdf^Base64^")))
        whole = (MAX_FRAME - head) // 4 * 3
        pdf = b"%PDF-1.7\n" + bytes(range(256)) * (whole // 256 - 1)
        said = f"LIS^application^pdf^Base64^{base64.b64encode(pdf).decode()}"
        raw = oru(obr(), obx("ED", "PDF^Phiếu^L", said))
        assert 0.999 * MAX_FRAME < len(raw) <= MAX_FRAME
        with (
            listening() as listener,
            RawSender(listener.port, timeout=60) as lis,
            RawSender(listener.port) as his,
        ):
            lis.send(frame(raw)[:-500])
            assert b"|AA|" in his.ask(admission()), "the other sender waits for nobody"
            lis.send(frame(raw)[-500:])
            assert b"|AA|L1" in lis.receive()[0]
        work_off()
        attached = held().attachments.get()
        assert read_bytes(attached.attachment) == pdf

    def test_results_cut_anywhere_glued_together_and_given_up_half_way(self, facility: Organization) -> None:
        def one(number: int) -> bytes:
            return oru(
                obr(filler=f"W{number}"),
                obx("TX", "NX^Nhận xét^L", f"{WORDS} {number}"),
                control=f"L{number}",
            )

        with listening() as listener:
            with RawSender(listener.port) as lis:
                assert b"|AA|" in lis.ask(admission())
                lis.send(frame(one(1)) + frame(one(2)) + frame(one(3))[:-40])
                answers = lis.receive(2)
                lis.send(frame(one(3))[-40:])
                answers += lis.receive(1)
                lis.send(
                    frame(one(4))[: -len(WORDS.encode())]
                )  # cut within a letter of several bytes, and given up
                lis.send(frame(one(5)))
                answers += lis.receive(1)
            with RawSender(listener.port) as again:
                answers.append(again.ask(one(4)))
        assert [parse(answer).first("MSA")[2].text() for answer in answers] == ["L1", "L2", "L3", "L5", "L4"]
        work_off()
        found = Finding.objects.values_list("report__filler_number", "text")
        assert dict(found) == {f"W{n}|XN0015": f"{WORDS} {n}" for n in range(1, 6)}

    def test_two_hundred_connections_at_once_lose_nothing_and_shut_nobody_else_out(
        self, facility: Organization
    ) -> None:
        """Those above the limit for one address are closed unheard and come again; another address isn't kept waiting."""
        Channel.objects.update(allowed_addresses=["127.0.0.0/8"])

        def one(number: int) -> bytes:
            return adt("A28", f"C{number}", number=f"BN{number:06d}", at=ago(4))

        def insist(port: int, number: int) -> bool:
            for _attempt in range(200):
                with contextlib.suppress(OSError, IndexError), RawSender(port, timeout=20) as sender:
                    if b"|AA|" in sender.ask(one(number)):
                        return True
                time.sleep(
                    0.1
                )  # as a neighbour does; fifty that knock without a pause take the listener's time
            return False

        with listening() as listener:
            with contextlib.ExitStack() as stack:
                idle = [stack.enter_context(RawSender(listener.port)) for _ in range(200)]
                time.sleep(0.5)  # the listener has looked at each
                served = [sender for sender in idle if not sender.is_closed(within=0.05)]
                assert 0 < len(served) <= 32
                with RawSender(listener.port, source="127.0.0.2") as other:
                    assert b"|AA|" in other.ask(one(999))
                assert b"|AA|" in served[0].ask(one(998)), "who was let in stays in"
            with concurrent.futures.ThreadPoolExecutor(50) as pool:
                assert all(pool.map(lambda number: insist(listener.port, number), range(200)))
        stored = list(Message.objects.values_list("control_id", flat=True))
        assert len(stored) == len(set(stored)) == 202
