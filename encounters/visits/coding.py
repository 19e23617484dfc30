"""ICD-10 and ICD-9-CM codes of a stay, checked against the catalogues in force."""

import datetime as dt

from django.utils import timezone

from emr.common.errors import DomainError
from emr.terminology.selectors import Codes, check_code, concept

ICD10, ICD9CM = "icd10", "icd9cm"


def tidied(code: str) -> str:
    """The code as the catalogue writes it."""
    return code.strip().upper()


def checked(
    system: str,
    code: str,
    text: str,
    *,
    use: str,
    sex: str,
    at: dt.datetime,
    field: str = "code",
    known: Codes | None = None,
) -> tuple[str, str]:
    """(code, text) as they are stored: the code tidied and allowed in this use, the text the catalogue's where none
    was given.

    `use` is the catalogue's word ("main_diagnosis", "procedure" …). Refuses what the ministry's flags forbid (R-54);
    warnings are for the page. Without a code the text alone is kept. `known`: the codes of a whole list, read before.
    """
    code, text = tidied(code), text.strip()
    if code:
        day = timezone.localdate(at)
        problems = (
            known.check(code, role=use, sex=sex, on=day)
            if known is not None
            else check_code(system, code, role=use, sex=sex, on=day)
        )
        errors = [p for p in problems if p.level == "error"]
        if errors:
            raise DomainError(" ".join(str(p.message) for p in errors), code="code_refused", field=field)
        if not text:
            found = known.on(code, day) if known is not None else concept(system, code, on=day)
            text = found.display if found else code
    return code, text
