"""Who signs a form after its author, in which order: the facility's own chain, else the one shipped (chains.csv).

Shipped are the usual orders: an inpatient record goes from its doctor to the head of the department and the management
once its summary is written, an undertaking and an operation to the head, minutes of a consultation to its members and the
head, of a death to the management as well, a certificate under the seal at last. Everything else is signed by its author
alone. No regulation fixes these orders; each hospital's signing rules do (R-09, R-17).
"""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.db.models import Q
from django.utils import timezone

from emr.accounts.models import Organization, User
from emr.accounts.roles import Scope
from emr.accounts.selectors import roles_of
from emr.notices.selectors import WARD_ROLES, Holders, people_of
from encounters.documents.models import Document, DocumentVersion
from encounters.documents.signers import is_closing
from encounters.forms.models import Questionnaire
from signatures.signing import permissions
from signatures.signing.models import Needs, SigningChain, SigningRequest, Who
from signatures.signing.selectors import may_countersign

_SHIPPED = Path(__file__).with_name("chains.csv")


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a chain: whom it means, and whether one of them is enough."""

    position: int
    who: str
    code: str = ""
    person: User | None = None
    needs: str = Needs.ONE.value


@dataclass(frozen=True, slots=True)
class Chain:
    """The places after the author's, by position; `own`: the facility's row, None for a shipped or empty one."""

    code: str
    places: tuple[Place, ...] = ()
    only_closing: bool = False
    own: SigningChain | None = None
    title: str = ""

    @property
    def positions(self) -> list[int]:
        """In their order."""
        return sorted({place.position for place in self.places})

    def at(self, position: int) -> list[Place]:
        """The places that are signed in any order at this position."""
        return [place for place in self.places if place.position == position]


@cache
def shipped() -> dict[str, Chain]:
    """{form's code: the chain that the release brings}."""
    places: dict[str, list[Place]] = defaultdict(list)
    closing: set[str] = set()
    titles: dict[str, str] = {}
    with _SHIPPED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            places[row["code"]].append(
                Place(int(row["position"]), row["who"], row["role_or_right"], needs=row["needs"])
            )
            titles[row["code"]] = row["form"]
            if row["only_closing"] == "1":
                closing.add(row["code"])
    return {
        code: Chain(code, tuple(rows), code in closing, title=titles[code]) for code, rows in places.items()
    }


def chain_for(facility_id: int, code: str, *, at: dt.datetime) -> Chain:
    """The chain that counts for a form confirmed at the instant: one entered later changes nothing of it."""
    row = (
        SigningChain.objects.filter(
            facility_id=facility_id, code=code, starts_on__lte=timezone.localdate(at), created_at__lte=at
        )
        .order_by("-starts_on", "-pk")
        .prefetch_related("steps__person")
        .first()
    )
    return chain_of(row) if row is not None else shipped().get(code, Chain(code))


def chain_of(row: SigningChain) -> Chain:
    """The facility's row with its places."""
    if row.as_shipped:
        return shipped().get(row.code, Chain(row.code))
    places = tuple(
        Place(step.position, step.who, step.code, step.person, step.needs) for step in row.steps.all()
    )
    return Chain(row.code, places, row.only_closing, row)


def newest_chains(facility_id: int) -> dict[str, SigningChain]:
    """{form's code: the facility's chain that begins last}, past or to come."""
    rows = SigningChain.objects.filter(facility_id=facility_id).order_by("code", "-starts_on", "-pk")
    return {row.code: row for row in rows.distinct("code").prefetch_related("steps__person")}


def history_of(facility_id: int, code: str, *, most: int = 10) -> list[SigningChain]:
    """The facility's chains of a form, the newest first."""
    rows = SigningChain.objects.filter(facility_id=facility_id, code=code).select_related("changed_by")
    return list(rows.order_by("-starts_on", "-pk").prefetch_related("steps__person")[:most])


def forms_with_chain(facility_id: int) -> set[str]:
    """The codes of forms that have a chain: of the facility's own or shipped."""
    own = SigningChain.objects.filter(facility_id=facility_id).values_list("code", flat=True)
    return {*own, *shipped()}


def forms_known(facility_id: int) -> list[tuple[str, str]]:
    """(code, title) of every form in use here or with a shipped chain, by code."""
    in_use = Questionnaire.objects.filter(Q(facility=None) | Q(facility=facility_id), status="active")
    titles = dict(in_use.values_list("code", "title"))
    return sorted(({code: chain.title for code, chain in shipped().items()} | titles).items())


def chain_of_version(version: DocumentVersion) -> Chain:
    """What goes on after this version's author has signed; empty for a record whose summary isn't written yet."""
    code = version.document.code
    chain = chain_for(version.facility_id, code, at=version.frozen_at)
    if chain.only_closing and not is_closing(version.composition):
        return Chain(code)
    return chain


def remaining(chain: Chain, steps: Iterable[SigningRequest]) -> list[int]:
    """The chain's positions that haven't been asked yet."""
    last = max((step.chain_position or 0 for step in steps), default=0)
    return [position for position in chain.positions if position > last]


# (version) → the members whom the document itself names (a consultation), in their order.
MembersOf = Callable[[DocumentVersion], list[User]]
_members: dict[str, MembersOf] = {}


def register_members(code: str, members: MembersOf) -> None:
    """Called by the room that writes the form, in AppConfig.ready(); the same code again replaces it."""
    _members[code] = members


def names_members(code: str) -> bool:
    """Whether a form of that code names its members itself; otherwise the author asks them by hand."""
    return code in _members


def wants_members(document: Document) -> bool:
    """Whether this document's chain has members whom its author names by hand."""
    version = document.current_version
    if version is None or names_members(document.code):
        return False
    chain = chain_for(document.facility_id, document.code, at=version.frozen_at)
    return any(place.who == Who.MEMBERS for place in chain.places)


def candidates(place: Place, version: DocumentVersion) -> list[User]:
    """Who may sign in this place now: of those meant, whoever may sign and may be shown the chart."""
    document = version.document
    needed = permissions.SEAL if place.who == Who.SEAL else permissions.SIGN
    return [
        person
        for person in _meant(place, version)
        if person.facility_id == version.facility_id
        and person.has_right(needed)
        and may_countersign(person, document)
    ]


def _meant(place: Place, version: DocumentVersion) -> list[User]:
    document = version.document
    if place.who == Who.PERSON:
        return people_of([place.person]) if place.person is not None else []
    if place.who == Who.MEMBERS:
        named = _members.get(document.code)
        return people_of(named(version)) if named is not None else []
    if place.who == Who.HEAD:
        return people_of([Holders("head_of_department", document.department)])
    if place.who == Who.ROLE:
        return people_of([Holders(place.code, _where(place.code, document))])
    return _with_right(permissions.SEAL if place.who == Who.SEAL else place.code, document)


def _where(role: str, document: Document) -> Organization:
    return document.department if role in WARD_ROLES else document.facility


def _with_right(right: str, document: Document) -> list[User]:
    """Who holds the right there: in the facility, or in the document's department where it reaches no further."""
    return people_of(
        Holders(role.code, document.department if grant.scope == Scope.DEPARTMENT else document.facility)
        for role in roles_of(document.facility_id)
        for grant in role.grants.all()
        if grant.right == right
    )
