"""The next turn of a version: prepared when it was asked already, else asked by the form's chain."""

from django.db import transaction

from emr.accounts.models import User
from emr.common.clock import now
from emr.outbox import publish
from encounters.documents.models import Document, DocumentVersion
from signatures.signing import telling
from signatures.signing.chains import Place, candidates, chain_of_version, remaining
from signatures.signing.models import Needs, SigningRequest, Who
from signatures.signing.selectors import latest_revision
from signatures.signing.services.requests import (
    agreed,
    ask_to_prepare,
    is_fresh,
    next_turn,
    open_request,
    sealed,
)


@transaction.atomic
def advance(*, version_id: int) -> list[SigningRequest]:
    """A signature was embedded: let the next ones be made. Answers whose turn it is; twice changes nothing.

    Those asked already come first, then the places of the form's chain, position by position, as it stood when the version
    was confirmed; people are looked up when their turn comes, so that a new head signs, not the one before. A place whose
    people have signed already is passed over. Where nobody is to be found, the planning office is told.
    """
    version = DocumentVersion.objects.select_related(
        "document__patient", "document__department", "document__facility", "author", "facility"
    ).get(pk=version_id)
    document = Document.objects.select_for_update(of=("self",)).get(pk=version.document_id)
    steps = list(SigningRequest.objects.filter(version=version).defer("tail").order_by("turn", "step"))
    if waiting := [step for step in steps if step.blocks]:
        return _prepare(waiting)
    is_current = document.current_version_id == version.pk and not document.is_closed
    if not is_current or not any(step.status == SigningRequest.Status.COMPLETED for step in steps):
        telling.forget_missing(version)
        return []
    return _open_next(version, steps)


def _prepare(waiting: list[SigningRequest]) -> list[SigningRequest]:
    """Have the present turn's bytes prepared over what was signed last."""
    turn = waiting[0].turn
    present = [step for step in waiting if step.turn == turn and step.is_open]
    newest = latest_revision(waiting[0].version_id)
    for step in present:
        if step.waiting_since is None:
            step.waiting_since = now()
            step.save(update_fields=["waiting_since"])
        if not is_fresh(step, revision=newest):
            ask_to_prepare(step)
    return present


def _open_next(version: DocumentVersion, steps: list[SigningRequest]) -> list[SigningRequest]:
    chain = chain_of_version(version)
    for position in remaining(chain, steps):
        meant = [(place, candidates(place, version)) for place in chain.at(position)]
        if any(not people and place.who != Who.MEMBERS for place, people in meant):
            telling.tell_of_missing(version)
            return []
        if any(not people for _place, people in meant) and not _asked_by_hand(version, steps):
            telling.tell_to_name_members(version)
            return []
        if opened := _open_position(version, meant, steps):
            telling.forget_missing(version)
            return opened
    telling.forget_missing(version)
    publish(
        "document_version.signed_by_all",
        order_key=f"document:{version.document_id}",
        document_version_id=version.pk,
    )
    return []


def _asked_by_hand(version: DocumentVersion, steps: list[SigningRequest]) -> bool:
    """Whether the author has named somebody: these are the members, of a form that doesn't name them itself."""
    return any(
        step.chain_position is None and step.status == "completed" and step.principal_id != version.author_id
        for step in steps
    )


def _open_position(
    version: DocumentVersion, meant: list[tuple[Place, list[User]]], steps: list[SigningRequest]
) -> list[SigningRequest]:
    """Ask the places of one position, all in one turn; who has signed already, for somebody else too, isn't asked again."""
    hands = [step for step in steps if step.status == "completed" and not step.is_seal]
    signed = {step.principal_id for step in hands} | {step.signer_id for step in hands}
    turn, opened = next_turn(version), []
    for place, people in meant:
        is_seal, slot = place.who == Who.SEAL, None
        here = set() if is_seal else signed
        is_one = place.needs == Needs.ONE
        if is_one and any(person.pk in here for person in people):
            continue
        asked = [person for person in people if person.pk not in here]
        for person in asked:
            request = open_request(
                version=version,
                signer=person,
                reason=sealed() if is_seal else agreed(),
                by=None,
                turn=turn,
                chain_position=place.position,
                is_seal=is_seal,
                slot=slot,
            )
            if is_one and len(asked) > 1 and slot is None:
                slot = request.slot = request.step
                request.save(update_fields=["slot"])
            opened.append(request)
        signed |= set() if is_seal else {person.pk for person in asked}
    return opened
