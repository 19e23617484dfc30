"""What the HIS wouldn't do with an order of ours: back to the prescriber, on the order and as a task.

ORR^O02, ORL^O22 and RRE^O12 carry ORC-1 = UA, UC, UX …; simpler systems answer MSA AE with ERR.
"""

from dataclasses import dataclass

from encounters.orders.models import MedicationRequest, OrderRefusal, ServiceRequest
from encounters.orders.services import refuse_order, settle_accepted
from integrations.hl7v2.delivering import read_acknowledgement
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.inbox import Applied
from integrations.hl7v2.order_segments import note
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.transport.models import Acknowledgement, Message
from integrations.transport.sending import hand_on

AnyOrder = MedicationRequest | ServiceRequest
Wanted = OrderRefusal.Wanted
# Table 0119: what a filler is unable to do.
_UNABLE = {"UA", "UC", "UD", "UH", "UM", "UR", "UX"}
_WANTED = {"NW": Wanted.PLACE, "CA": Wanted.CANCEL, "HD": Wanted.HOLD, "RL": Wanted.RESUME}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Code (ORC-1, or ERR-3) and words of one refusal; `number` is our order's, "" where the answer names none."""

    number: str
    code: str
    text: str


def keep_refusals(*, message_id: int) -> int:
    """Read the answers to an order that went to the HIS; returns how many refusals were new. Twice equals once."""
    message = Message.objects.select_related("channel").get(pk=message_id)
    if not message.channel.is_his:
        return 0
    order = order_about(message)
    # The last one alone: what was answered before it was sent again, or merely stored (CA), counts no more.
    last = Acknowledgement.objects.filter(message=message).order_by("pk").last()
    if order is None or last is None:
        return 0
    return _keep(message, order, read_refusals(bytes(last.raw)), key=str(last.pk))


def apply_answer(message: Message) -> Applied:
    """ORR, ORL, RRE that came later, as a message of its own. Raises CannotApply where it answers nothing of ours."""
    raw = bytes(message.raw)
    msa = parse(raw, charset=message.channel.charset).first("MSA")
    application, facility = message.channel.neighbour
    sent = Message.objects.filter(
        facility=message.facility_id,
        control_id=msa[2].text(),
        channel__direction="out",
        channel__receiving_application=application,
        channel__receiving_facility=facility,
    ).select_related("channel")
    asked = sent.first() if msa[2].text() else None
    order = order_about(asked) if asked is not None else None
    if asked is None or order is None or asked.emptied_at is not None:
        raise CannotApply("answer_to_nothing", number=msa[2].text()[:40])
    return Applied(_keep(asked, order, read_refusals(raw), key=f"m{message.pk}") > 0)


def _keep(message: Message, order: AnyOrder, refused: list[Refusal], *, key: str) -> int:
    wanted = _WANTED.get(parse(bytes(message.raw)).first("ORC")[1].text(), Wanted.PLACE)
    system = message.channel.neighbour[0]
    ours = [refusal for refusal in refused if refusal.number in {"", order.placer_number}]
    if not ours:
        settle_accepted(order=order, system=system, wanted=wanted)
        return 0
    refusal = ours[0]
    is_new = refuse_order(
        order=order,
        system=system,
        wanted=wanted,
        code=refusal.code,
        text=refusal.text,
        key=f"{message.uuid}:{key}",
    )
    hand_on(message)
    return int(is_new)


def order_about(message: Message) -> AnyOrder | None:
    """The order that an outgoing message is about."""
    kind, _colon, uuid = message.about.partition(":")
    models: dict[str, type[MedicationRequest] | type[ServiceRequest]] = {
        "medicationrequest": MedicationRequest,
        "servicerequest": ServiceRequest,
    }
    model = models.get(kind)
    if model is None:
        return None
    return model.objects.select_related("patient", "encounter").filter(uuid=uuid).first()


def read_refusals(raw: bytes) -> list[Refusal]:
    """Every ORC that says "unable"; without one, the error of MSA and ERR. AR refuses the message, not the order."""
    try:
        parsed = parse(raw)
    except Hl7Error:
        return []
    words = _words(parsed)
    found = [
        Refusal(orc[2].text(), orc[1].text().upper(), (orc[16].text(2) or orc[16].text(1) or words)[:300])
        for orc in parsed.all("ORC")
        if orc[1].text().upper() in _UNABLE
    ]
    if found:
        return found
    answer = read_acknowledgement(raw)
    if answer is None or answer.code not in {"AE", "CE"}:
        return []
    error = parsed.first("ERR")
    return [Refusal("", error[3].text(1) or error[1].text(4) or answer.code, words)]


def _words(parsed: Hl7Message) -> str:
    """What a person is to read: ERR-8, ERR-7, MSA-3, notes, then the table's own text of ERR-3."""
    said = [text for error in parsed.all("ERR") for text in (error[8].text(), error[7].text())]
    said += [parsed.first("MSA")[3].text(), *(note(line) for line in parsed.all("NTE"))]
    said += [error[3].text(2) for error in parsed.all("ERR")]
    return next((text for text in said if text), "")[:300]
