"""Identifier systems: the names under which numbers are kept, sent and searched (docs/reference: identifier systems)."""

from django.utils.translation import gettext as _

from emr.accounts.models import Organization

CITIZEN = "urn:benhanmo:cccd"  # số định danh cá nhân, 12 digits
OLD_CITIZEN = "urn:benhanmo:cmnd"  # the 9-digit number of the former identity card
PASSPORT = "urn:benhanmo:passport"
INSURANCE = "urn:benhanmo:bhyt"
HEALTH_CODE = "urn:benhanmo:myt"

# Length of the facility's patient numbers unless its setting "mrn_digits" says otherwise.
MRN_DIGITS = 8

MRN_PREFIX = "urn:benhanmo:mrn:"
_TEMPORARY = "urn:benhanmo:temporary:"


def mrn(facility: Organization) -> str:
    """System of the facility's own patient number (mã người bệnh), one for life (R-10)."""
    return f"{MRN_PREFIX}{facility.code}"


def temporary(facility: Organization) -> str:
    """System of the facility's codes for people nobody can name yet (R-11)."""
    return f"{_TEMPORARY}{facility.code}"


def is_own(system: str) -> bool:
    """Whether the facility issues these numbers itself, so that two patients can't share one."""
    return system.startswith((MRN_PREFIX, _TEMPORARY))


def insurance_core(value: str) -> str:
    """The 10-digit insurance number inside a 15-character card number, or the number itself.

    Cards change their letters with the group a person belongs to; the ten digits stay, so these are what is kept.
    """
    return value[-10:] if len(value) == 15 else value


def label(system: str) -> str:
    """What the number is called on pages; an unknown system names itself."""
    if system.startswith(MRN_PREFIX):
        return _("Patient no.")
    if system.startswith(_TEMPORARY):
        return _("Temporary code")
    return {
        CITIZEN: _("Personal number"),
        OLD_CITIZEN: _("Former identity card"),
        PASSPORT: _("Passport"),
        INSURANCE: _("Insurance number"),
        HEALTH_CODE: _("Health code"),
    }.get(system, system)
