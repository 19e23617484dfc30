"""What this room asks rooms above it: they answer by registering in AppConfig.ready(). The same name again replaces."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """A test or image that was asked for or done before. `status`: of the FHIR request or report.

    `performed_at`: when the specimen was taken or the image made; None: not done yet. `value`: what is shown of the result,
    "" when there is nothing to show; `url`: where to read it.
    """

    patient_id: int
    code: str
    text: str
    requested_at: dt.datetime
    performed_at: dt.datetime | None = None
    status: str = ""
    value: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A test or image by all its codes: our catalogue's, LOINC, the national index's (QĐ 1227)."""

    code: str
    loinc: str = ""
    national_code: str = ""


# (ids of the person's patient rows, tests) → what is known, in any order, under our catalogue's codes.
EarlierResults = Callable[[Sequence[int], Sequence[Wanted]], list[EarlierResult]]
# The last known weight of the patient of this stay in kg, or None.
Weight = Callable[[Encounter], Decimal | None]


@dataclass(frozen=True, slots=True)
class Creatinine:
    """A creatinine in µmol/L and when the specimen was taken."""

    micromoles: Decimal
    at: dt.datetime


# Ids of patient rows → {patient: the newest value}.
LatestCreatinine = Callable[[Sequence[int]], dict[int, Creatinine]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order is with who performs it: the last step in words, when, by whom, why."""

    text: str
    at: dt.datetime
    who: str = ""
    reason: str = ""
    is_bad: bool = False


# ids of service requests → the last step of each that anything is known of.
ProgressOf = Callable[[Sequence[int]], dict[int, Progress]]

_earlier: dict[str, EarlierResults] = {}
_weight: dict[str, Weight] = {}
_creatinine: dict[str, LatestCreatinine] = {}
_progress: dict[str, ProgressOf] = {}


def register_earlier_results(provider: EarlierResults, *, name: str = "results") -> None:
    """Ask `provider` before a test is ordered again."""
    _earlier[name] = provider


def register_weight(provider: Weight, *, name: str = "results") -> None:
    """Ask `provider` for the weight that doses are checked against."""
    _weight[name] = provider


def register_creatinine(provider: LatestCreatinine, *, name: str = "results") -> None:
    """Ask `provider` what kidneys do."""
    _creatinine[name] = provider


def creatinine_of(patient_ids: Sequence[int]) -> dict[int, Creatinine]:
    """The newest value that any provider knows of each."""
    found: dict[int, Creatinine] = {}
    for provider in _creatinine.values():
        for patient_id, value in provider(patient_ids).items():
            kept = found.get(patient_id)
            if kept is None or value.at > kept.at:
                found[patient_id] = value
    return found


def register_progress(provider: ProgressOf, *, name: str = "specimens") -> None:
    """Ask `provider` how far orders are, where they are listed."""
    _progress[name] = provider


def progress_of(request_ids: Sequence[int]) -> dict[int, Progress]:
    """What providers know; of one order the last that was told."""
    found: dict[int, Progress] = {}
    for provider in _progress.values():
        for pk, step in provider(request_ids).items():
            if pk not in found or found[pk].at <= step.at:
                found[pk] = step
    return found


def earlier_results(patient_ids: Sequence[int], wanted: Sequence[Wanted]) -> list[EarlierResult]:
    """What all providers know."""
    return [found for provider in _earlier.values() for found in provider(patient_ids, wanted)]


def weight_of(encounter: Encounter) -> Decimal | None:
    """The first weight that a provider knows."""
    return next((kg for provider in _weight.values() if (kg := provider(encounter)) is not None), None)
