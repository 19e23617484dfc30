"""Whether a code may stand where somebody wants to put it (TT 06/2026/TT-BYT's flags, R-54)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from emr.common.clock import local_today
from emr.terminology.models import Concept, Flag
from emr.terminology.selectors.lookup import valid_on

CAUSE_OF_DEATH = "cause_of_death"


class Level(StrEnum):
    """An error refuses; a warning is shown and may be gone over."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """Why a code shouldn't stand there. `code` names the rule for programs, `message` is translated."""

    level: Level
    code: str
    message: str


def check_code(
    system: str, code: str, *, role: str = "", sex: str | None = None, on: dt.date | None = None
) -> list[Problem]:
    """What is wrong with the code in that role on that day (default today); an empty list when nothing is. One query.

    `role`: "main_diagnosis", "secondary_diagnosis", "admission_diagnosis", "external_cause", "cause_of_death",
    "procedure" or "". `sex`: the patient's; where it is neither male nor female, a code of one sex only warns.
    """
    day = on or local_today()
    below = Concept.objects.filter(valid_on(day), system=OuterRef("system"), parent_code=OuterRef("code"))
    found = (
        Concept.objects.filter(valid_on(day), system__code=system, code=code)
        .annotate(has_finer=Exists(below))
        .first()
    )
    has_finer = found is not None and found.has_finer
    return _problems(found, system, code, role=role, sex=sex, day=day, has_finer=has_finer)


class Codes:
    """Many codes of one system, read once: what each meant on a day, and whether it might stand there.

    For lists: two queries however many there are. `check` and `on` answer what `check_code` and `concept` do.
    """

    def __init__(self, system: str, codes: Iterable[str]) -> None:
        wanted = set(codes)
        rows = Concept.objects.filter(system__code=system).order_by("pk")
        self.system = system
        self._meanings: dict[str, list[Concept]] = {}
        self._finer: dict[str, list[Concept]] = {}
        if not wanted:
            return
        for row in rows.filter(code__in=wanted):
            self._meanings.setdefault(row.code, []).append(row)
        finer = rows.filter(parent_code__in=wanted)
        for row in finer.only("parent_code", "valid_from", "valid_to"):
            self._finer.setdefault(row.parent_code, []).append(row)

    def on(self, code: str, day: dt.date) -> Concept | None:
        """What the code meant on that day; None when it meant nothing, or wasn't among the codes."""
        return next((row for row in self._meanings.get(code, []) if _means(row, day)), None)

    def check(self, code: str, *, role: str, sex: str | None, on: dt.date) -> list[Problem]:
        """As `check_code`."""
        has_finer = any(_means(row, on) for row in self._finer.get(code, []))
        return _problems(
            self.on(code, on), self.system, code, role=role, sex=sex, day=on, has_finer=has_finer
        )


def _means(concept: Concept, day: dt.date) -> bool:
    """`valid_on` for a row at hand."""
    begun = concept.valid_from is None or concept.valid_from <= day
    return begun and (concept.valid_to is None or concept.valid_to >= day)


def _problems(
    found: Concept | None,
    system: str,
    code: str,
    *,
    role: str,
    sex: str | None,
    day: dt.date,
    has_finer: bool,
) -> list[Problem]:
    if found is None:
        message = _("%(code)s is not a valid code on %(day)s.") % {"code": code, "day": f"{day:%d/%m/%Y}"}
        return [Problem(Level.ERROR, "unknown_code", message)]
    problems = [problem for flag in found.flags if (problem := _of_flag(flag, code, role, sex))]
    if role == "external_cause" and not "V01" <= code < "Y99":
        message = _("%s is not an external cause (V01–Y98).") % code
        problems.append(Problem(Level.ERROR, "not_external_cause", message))
    if system == "icd10" and len(code) == 3 and has_finer:
        message = _("%s has finer codes: choose one of four characters or more.") % code
        problems.append(Problem(Level.WARNING, "needs_finer_code", message))
    return problems


def _of_flag(flag: Flag, code: str, role: str, sex: str | None) -> Problem | None:
    if flag == Flag.FORBIDDEN:
        return Problem(Level.ERROR, flag.value, _("%s may not be used.") % code)
    if flag == Flag.NOT_MAIN and role == "main_diagnosis":
        return Problem(Level.ERROR, flag.value, _("%s can't be a main diagnosis.") % code)
    if flag == Flag.DEATH_CAUSE_ONLY and role not in {CAUSE_OF_DEATH, ""}:
        return Problem(Level.ERROR, flag.value, _("%s may only be a cause of death.") % code)
    if flag == Flag.DISCOURAGED:
        return Problem(Level.WARNING, flag.value, _("%s is discouraged: look for a more exact code.") % code)
    if flag in {Flag.FEMALE_ONLY, Flag.MALE_ONLY}:
        return _of_sex(flag, code, sex)
    return None


def _of_sex(flag: Flag, code: str, sex: str | None) -> Problem | None:
    wanted = "female" if flag == Flag.FEMALE_ONLY else "male"
    if sex is None or sex == wanted:
        return None
    level = Level.ERROR if sex in {"male", "female"} else Level.WARNING
    message = _("%s is for women only.") if wanted == "female" else _("%s is for men only.")
    return Problem(level, flag.value, message % code)
