"""Whose a result is, by what its message says: compared between a message and the copy that somebody corrected."""

from dataclasses import dataclass, fields

from django.utils.translation import gettext as _

from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Field, Hl7Message, Segment, parse
from integrations.lis.models import IdentityConfirmation
from integrations.transport.models import Message

REASON = "confirm_identity"
REFUSED = "identity_refused"


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything by which a result finds its patient and its order; each a text for people, "" where nothing was sent."""

    patient_number: str = ""
    name: str = ""
    birth: str = ""
    sex: str = ""
    stay: str = ""
    orders: str = ""
    reports: str = ""
    specimens: str = ""


def identity_of(parsed: Hl7Message) -> Identity:
    """PID-2 to -5, -7, -8, -18; PV1-19; ORC-2, -8, OBR-2, -29; ORC-3, OBR-3; SPM-2. Case and order are the sender's."""
    pid, pv1 = parsed.all("PID"), parsed.all("PV1")
    return Identity(
        patient_number=_told(pid, 2, 3, 4),
        name=_told(pid, 5, between=" "),
        birth=_told(pid, 7),
        sex=_told(pid, 8),
        stay=_told(pid, 18) + _told(pv1, 19),
        orders=_both(_told(parsed.all("ORC") + parsed.all("OBR"), 2), _parents(parsed)),
        reports=_told(parsed.all("ORC") + parsed.all("OBR"), 3),
        specimens=_told(parsed.all("SPM"), 2),
    )


def _parents(parsed: Hl7Message) -> str:
    """The orders that tests which the laboratory added follow from: a result finds its order by them too."""
    return _both(_told(parsed.all("ORC"), 8), _told(parsed.all("OBR"), 29))


def _both(*texts: str) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))


def _told(segments: list[Segment], *numbers: int, between: str = "^") -> str:
    texts = (_text(segment[number], between) for segment in segments for number in numbers)
    return ", ".join(dict.fromkeys(text for text in texts if text))


def _text(field: Field, between: str) -> str:
    repetitions = (
        between.join(str(leaf) for component in repetition for leaf in component if leaf)
        for repetition in field.repetitions
    )
    return ", ".join(text for text in repetitions if text)


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the page: what it is, as the sender sent it, as it was corrected."""

    label: str
    sent: str
    corrected: str

    @property
    def is_changed(self) -> bool:
        """Whether this is what the laboratory is asked about."""
        return self.sent != self.corrected


def as_sent(message: Message) -> Message:
    """The message that a neighbour sent, of which this is a copy, or a copy's copy."""
    while message.edited_from is not None:
        message = message.edited_from
    return message


def _read(message: Message) -> Identity | None:
    try:
        return identity_of(parse(bytes(message.raw), charset=message.channel.charset))
    except Hl7Error:
        return None  # what can't be read says nothing of a patient: whatever the copy says is somebody's correction


def is_somebody_elses(message: Message) -> bool:
    """Whether the message is a copy in which who it is about was changed."""
    return message.edited_from_id is not None and _read(message) != _read(as_sent(message))


def compared(message: Message) -> list[Compared]:
    """The copy's identity beside the sender's, line by line, without lines that neither says anything in."""
    sent, corrected = _read(as_sent(message)) or Identity(), _read(message) or Identity()
    labels = {
        "patient_number": _("Patient number"),
        "name": _("Name"),
        "birth": _("Birth"),
        "sex": _("Sex"),
        "stay": _("Stay"),
        "orders": _("Order"),
        "reports": _("Number of the result"),
        "specimens": _("Specimen"),
    }
    lines = (
        Compared(labels[f.name], getattr(sent, f.name), getattr(corrected, f.name)) for f in fields(Identity)
    )
    return [line for line in lines if line.sent or line.corrected]


def demand_confirmed(message: Message) -> None:
    """Nobody but the laboratory says whose a result is: raises CannotApply until it has, and when it said no."""
    if not is_somebody_elses(message):
        return
    said = IdentityConfirmation.objects.filter(message=message).select_related("answered_by").first()
    if said is None:
        raise CannotApply(REASON)
    if not said.is_confirmed:
        raise CannotApply(REFUSED, who=said.answered_by.titled_name)
