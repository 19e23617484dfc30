"""What was kept of a confirmation, in words: for the document's page, its print and whoever checks it."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.terminology.selectors import displays
from encounters.consents.codes import masked
from encounters.consents.models import Confirmation, ConfirmationChallenge
from encounters.consents.seals import seals_of
from encounters.consents.strokes import svg_height, svg_lines
from encounters.consents.ways import adapter_of
from encounters.documents.models import Document


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn signature for an SVG in a box 1000 wide."""

    lines: list[str]
    height: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One confirmation with its words; `sealed_at` is None while the facility's seal isn't on it yet."""

    confirmation: Confirmation
    lines: list[tuple[str, str]]
    sealed_at: dt.datetime | None
    drawn: Drawn | None
    witness_drawn: Drawn | None


def confirmation_of(document: Document) -> Confirmation | None:
    """The confirmation of the document's present version."""
    return (
        Confirmation.objects.filter(version_id=document.current_version_id)
        .select_related("staff", "challenge", "paper", "version", "shown")
        .first()
    )


def evidence_of(confirmation: Confirmation) -> Evidence:
    """What the document's page shows of it."""
    return Evidence(
        confirmation=confirmation,
        lines=evidence_lines(confirmation),
        sealed_at=seals_of([confirmation.pk]).get(confirmation.pk),
        drawn=_drawn(confirmation.strokes),
        witness_drawn=_drawn(confirmation.witness_strokes),
    )


def _drawn(strokes: dict[str, object] | None) -> Drawn | None:
    return Drawn(svg_lines(strokes), svg_height(strokes)) if strokes else None


def printed_lines(confirmation: Confirmation) -> list[str]:
    """What the print lists, in Vietnamese whatever the language of the screen."""
    with override("vi"):
        return [f"{label}: {words}" for label, words in evidence_lines(confirmation)]


def evidence_lines(confirmation: Confirmation) -> list[tuple[str, str]]:
    """(what, words) for each piece of evidence, in the present language. One query for a relative, else none."""
    found = [(_("Confirmed by"), _person(confirmation))]
    if confirmation.who == Confirmation.Who.RELATIVE:
        found.append((_("By what right"), _right(confirmation)))
    found.append((_("Way of confirming"), _how(confirmation)))
    found.append((_("When"), _moment(confirmation.happened_at)))
    if confirmation.answer == Confirmation.Answer.DECLINED:
        found.append((_("Answer"), str(confirmation.get_answer_display())))
    if confirmation.witness_name:
        number = confirmation.witness_id_number
        found.append(
            (_("Witness"), f"{confirmation.witness_name} ({number})" if number else confirmation.witness_name)
        )
    found.append((_("Staff present"), confirmation.staff.titled_name))
    device = " · ".join(part for part in (confirmation.address, confirmation.device) if part)
    if device:
        found.append((_("Device used"), device))
    if confirmation.paper is not None:
        found.append((_("Copy of the paper, SHA-256"), confirmation.paper.sha256))
    found.append((_("Bytes shown, SHA-256"), confirmation.sha256))
    found.append((_("Number of the evidence"), str(confirmation.uuid)))
    return found


def _person(confirmation: Confirmation) -> str:
    number = confirmation.id_number
    name = confirmation.full_name.upper()
    who = str(confirmation.get_who_display())
    return f"{name} ({who}{', ' + _('ID number') + ' ' + number if number else ''})"


def _right(confirmation: Confirmation) -> str:
    names = displays([("relationship", confirmation.relationship)])
    relation = names.get(("relationship", confirmation.relationship), confirmation.relationship)
    parts = [relation, str(confirmation.get_basis_display()), confirmation.basis_reference]
    return ", ".join(part for part in parts if part)


def _how(confirmation: Confirmation) -> str:
    words = str(confirmation.get_way_display())
    challenge = confirmation.challenge
    if challenge is not None:
        words = _challenge_words(challenge, words)
    if confirmation.transaction and challenge is not None and confirmation.transaction != str(challenge.uuid):
        words += f" ({confirmation.transaction})"
    if confirmation.strokes:
        count = len(confirmation.strokes["strokes"])
        points = [stroke for stroke in confirmation.strokes["strokes"] if stroke]
        seconds = (points[-1][-1][2] - points[0][0][2]) / 1000 if points else 0
        told = {"count": count, "seconds": f"{seconds:.1f}".replace(".", ",")}
        words += f" ({_('%(count)d strokes in %(seconds)s s, kept with their timing') % told})"
    return words


def _challenge_words(challenge: ConfirmationChallenge, words: str) -> str:
    adapter = adapter_of(challenge.provider)
    named = str(adapter.title) if adapter is not None else f"{words} ({challenge.provider})"
    return f"{named}, {masked(challenge.address)}" if challenge.address else named


def _moment(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%H:%M:%S %d/%m/%Y}"
