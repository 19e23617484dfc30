"""Shape of what a culture's form posts: i<number>-organism, -quantity, -note; i<number>-<antibiotic>-mic, -zone, -judged."""

from collections.abc import Mapping, Sequence

from emr.common.vietnamese import tidy
from encounters.performing.services.cultures import Isolate, Tried

# What the line for an antibiotic of no table is called.
UNLISTED = "_"


def _said(told: Mapping[str, str], name: str, longest: int = 40) -> str:
    return tidy(str(told.get(name, "")).replace("\x00", ""))[:longest]


def read_isolates(told: Mapping[str, str], titles: Mapping[str, str], most: int) -> list[Isolate]:
    """The isolates in the order of the form; `titles`: {code: name} of the antibiotics that may be named."""
    return [read_isolate(told, number, titles) for number in range(1, most + 1)]


def read_isolate(told: Mapping[str, str], number: int, titles: Mapping[str, str]) -> Isolate:
    """One of them, empty where nothing was posted."""
    unlisted = _said(told, f"i{number}-{UNLISTED}-title", 200)
    return Isolate(
        number=number,
        organism=_said(told, f"i{number}-organism", 200),
        quantity=_said(told, f"i{number}-quantity", 120),
        note=_said(told, f"i{number}-note", 300),
        tried=(
            *(_tried(told, number, code, title) for code, title in titles.items()),
            _tried(told, number, UNLISTED, unlisted),
        ),
    )


def _tried(told: Mapping[str, str], number: int, code: str, title: str) -> Tried:
    name = f"i{number}-{code}"
    return Tried(
        title=title,
        code="" if code == UNLISTED else code,
        mic=_said(told, f"{name}-mic"),
        zone=_said(told, f"{name}-zone"),
        judged=_said(told, f"{name}-judged"),
    )


def shown_isolates(isolates: Sequence[Isolate], *, one_more: bool) -> list[Isolate]:
    """Those that something was typed for, and an empty one where there is none or another was asked for."""
    filled = max((isolate.number for isolate in isolates if not isolate.is_empty), default=0)
    shown = max(filled + (1 if one_more else 0), 1)
    return list(isolates[:shown])
