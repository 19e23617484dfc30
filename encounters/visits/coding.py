"""ICD-10 and ICD-9-CM codes of a stay, checked against the catalogues in force."""

import datetime as dt

from django.utils import timezone

from emr.common.errors import DomainError
from emr.terminology.selectors import check_code, concept

ICD10, ICD9CM = "icd10", "icd9cm"


def checked(
    system: str, code: str, text: str, *, use: str, sex: str, at: dt.datetime, field: str = "code"
) -> tuple[str, str]:
    """(code, text) as they are stored: the code tidied and allowed in this use, the text the catalogue's where none
    was given.

    `use` is the catalogue's word ("main_diagnosis", "procedure" …). Refuses what the ministry's flags forbid (R-54);
    warnings are for the page. Without a code the text alone is kept.
    """
    code, text = code.strip().upper(), text.strip()
    if code:
        day = timezone.localdate(at)
        errors = [p for p in check_code(system, code, role=use, sex=sex, on=day) if p.level == "error"]
        if errors:
            raise DomainError(" ".join(str(p.message) for p in errors), code="code_refused", field=field)
        if not text:
            found = concept(system, code, on=day)
            text = found.display if found else code
    return code, text
