"""The places to sign on a print: who, in what capacity, where on the form. Frozen with the version.

A form that keeps places of its own (sections `signers-…` of its Questionnaire) has them filled; every other print has
them at its end. A visible signature is put exactly at its place's name.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from emr.accounts.models import User
from encounters.documents.models import Document
from encounters.forms.models import Questionnaire
from encounters.forms.selectors import form_of
from encounters.forms.services import answers_of, sections_in

Place = dict[str, str]
PREFIX = "signers-"
_CLOSES = "BÁC SĨ ĐIỀU TRỊ"
_UNKNOWN_DAY = "Ngày …… tháng …… năm ………"


_roles: dict[str, str] = {}


def register_author_role(code: str, role: str) -> None:
    """As what the author of a form of that code signs, where it isn't the attending doctor."""
    _roles[code] = role


@dataclass(frozen=True, slots=True)
class Second:
    """The place of who signs after the author: as what, and who is asked (None: nobody is known, the place is kept)."""

    role: str
    person: User | None


# (document, its author) → the second place of its form; None: it has none.
SecondOf = Callable[[Document, User], Second | None]
_seconds: dict[str, SecondOf] = {}


def register_second_signer(code: str, second: SecondOf) -> None:
    """Ask `second`, when a form of that code is frozen, who signs it after its author; the same code again replaces it."""
    _seconds[code] = second


def asked_besides(composition: dict[str, Any]) -> list[UUID]:
    """Public ids of whom this version is put before once its author has signed, in their order."""
    return [UUID(place["asks"]) for place in composition.get("signers", []) if place.get("asks")]


def signers(
    document: Document, author: User, questionnaire: Questionnaire, content: dict[str, Any]
) -> list[Place]:
    """The places of this version, the author's first.

    `of` says whose place it is (author, second, director, head_of_department), `slot` which section of the form holds it.
    """
    kept = sections_in(questionnaire)
    if not document.code.endswith("/BV1"):
        named = form_of(questionnaire).signers
        role = dict(named).get("author") or _roles.get(document.code, _CLOSES)
        own = _author(role, "", document.happened_at, author)
        return [own, *_second(document, author), *_others(named)]
    # The closing summary (B) is written at discharge: from then on its doctor answers for the record.
    if answers_of(content, "summary.doctor"):
        own = _author(_CLOSES, _slot("summary", kept), document.happened_at, author)
    else:
        own = _author("BÁC SĨ LÀM BỆNH ÁN", _slot("case", kept), document.happened_at, author)
    management = _slot("management", kept)
    left = document.encounter.ended_at
    return [
        own,
        _superior("GIÁM ĐỐC BỆNH VIỆN", "director", management, ""),
        _superior("TRƯỞNG KHOA", "head_of_department", management, _day(left) if left else _UNKNOWN_DAY),
    ]


def _others(named: Iterable[tuple[str, str]]) -> list[Place]:
    """The places that the form itself names beside its author's; several members stand in the order of signing."""
    found = [
        {"of": of, "slot": "", "role": role, "place": f"signature-{of}", "dated": _UNKNOWN_DAY, "name": ""}
        for of, role in named
        if of != "author"
    ]
    for number, place in enumerate((one for one in found if one["of"] == "member"), start=1):
        place["place"] = f"signature-member-{number}"
    return found


def is_closing(composition: dict[str, Any]) -> bool:
    """Whether this version of a record holds its closing summary: its doctor answers for the whole of it."""
    return any(
        place.get("of") == "author" and place["role"] == _CLOSES for place in composition.get("signers", [])
    )


def _slot(name: str, kept: Collection[str]) -> str:
    return PREFIX + name if PREFIX + name in kept else ""


def _author(role: str, slot: str, at: dt.datetime, author: User) -> Place:
    when = timezone.localtime(at)
    return {
        "of": "author",
        "slot": slot,
        "role": role,
        "place": "signature-1",
        "dated": f"{when:%H} giờ {when:%M}, ngày {when:%d} tháng {when:%m} năm {when:%Y}",
        "name": author.titled_name,
    }


def _second(document: Document, author: User) -> list[Place]:
    ask = _seconds.get(document.code)
    second = ask(document, author) if ask is not None else None
    if second is None or second.person == author:
        return []
    place = {"of": "second", "slot": "", "role": second.role, "place": "signature-2", "dated": _UNKNOWN_DAY}
    if second.person is None:
        return [place | {"name": ""}]
    return [place | {"name": second.person.titled_name, "asks": str(second.person.uuid)}]


def _superior(role: str, of: str, slot: str, dated: str) -> Place:
    return {"of": of, "slot": slot, "role": role, "place": f"signature-{of}", "dated": dated, "name": ""}


def _day(at: dt.datetime) -> str:
    when = timezone.localtime(at)
    return f"Ngày {when:%d} tháng {when:%m} năm {when:%Y}"


def at_the_end(places: Iterable[Place]) -> list[Place]:
    """Those that no section of the form holds."""
    return [place for place in places if not place.get("slot")]


def in_sections(places: Iterable[Place]) -> dict[str, SafeString]:
    """{section: its places as HTML}."""
    by_slot: dict[str, list[Place]] = {}
    for place in places:
        if slot := place.get("slot"):
            by_slot.setdefault(slot, []).append(place)
    return {
        slot: mark_safe(  # noqa: S308  our own template, autoescaped
            render_to_string("encounters/documents/_print_signers.html", {"signers": held})
        )
        for slot, held in by_slot.items()
    }


def place_of(
    composition: dict[str, Any], *, step: int, roles: Iterable[str], taken: Collection[str] = ()
) -> str:
    """The name of the place where a step's visible signature belongs: the author's, else that of the signer's role.

    `taken` are the places of the steps before. A name that the print doesn't have means: wherever there is room.
    """
    if step == 1:
        return "signature-1"
    places = [(place.get("of", ""), place["place"]) for place in composition.get("signers", [])]
    named = [name for role in roles for of, name in places if of == role]
    members = [name for of, name in places if of == "member"]
    return next((name for name in named + members if name not in taken), f"signature-{step}")
