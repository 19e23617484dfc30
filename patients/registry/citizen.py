"""The 12-digit personal number: what its digits say, as soft warnings only.

Three digits for the place where the birth was registered, one for century and sex, two for the year of birth, six
without meaning. There is no check digit, and the law lets a person correct sex or birth: nothing here refuses.
"""

from django.utils.translation import gettext as _

LENGTH = 12
_FIRST_CENTURY = 1900


def digits_of(value: str) -> bool:
    """Whether this has the form of a personal number."""
    return len(value) == LENGTH and value.isascii() and value.isdigit()


def sex_and_year(number: str) -> tuple[str, int]:
    """("male" | "female", year of birth) that the number was built from."""
    century = int(number[3])
    return ("female" if century % 2 else "male", _FIRST_CENTURY + century // 2 * 100 + int(number[4:6]))


def warnings_for(number: str, *, sex: str, birth_year: int | None) -> list[str]:
    """What doesn't fit between the number and the person who shows it."""
    if not digits_of(number):
        return [_("The personal number doesn't have 12 digits.")]
    told_sex, told_year = sex_and_year(number)
    found = []
    if sex in {"male", "female"} and sex != told_sex:
        found.append(_("The personal number was issued for the other sex."))
    if birth_year is not None and birth_year != told_year:
        found.append(_("The personal number was issued for a birth in %(year)s.") % {"year": told_year})
    return found
