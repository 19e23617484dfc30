"""Whether a code may stand where somebody wants to put it (TT 06/2026/TT-BYT's flags, R-54)."""

import datetime as dt
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
    if found is None:
        message = _("%(code)s is not a valid code on %(day)s.") % {"code": code, "day": f"{day:%d/%m/%Y}"}
        return [Problem(Level.ERROR, "unknown_code", message)]
    problems = [problem for flag in found.flags if (problem := _of_flag(flag, code, role, sex))]
    if role == "external_cause" and not "V01" <= code < "Y99":
        message = _("%s is not an external cause (V01–Y98).") % code
        problems.append(Problem(Level.ERROR, "not_external_cause", message))
    if system == "icd10" and len(code) == 3 and found.has_finer:
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
