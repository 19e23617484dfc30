"""Identifier systems: the names under which numbers are kept, sent and searched (docs/reference: identifier systems)."""

from emr.accounts.models import Organization

CITIZEN = "urn:benhanmo:cccd"  # số định danh cá nhân, 12 digits
OLD_CITIZEN = "urn:benhanmo:cmnd"  # the 9-digit number of the former identity card
PASSPORT = "urn:benhanmo:passport"
INSURANCE = "urn:benhanmo:bhyt"
HEALTH_CODE = "urn:benhanmo:myt"

_MRN = "urn:benhanmo:mrn:"
_TEMPORARY = "urn:benhanmo:temporary:"


def mrn(facility: Organization) -> str:
    """System of the facility's own patient number (mã người bệnh), one for life (R-10)."""
    return f"{_MRN}{facility.code}"


def temporary(facility: Organization) -> str:
    """System of the facility's codes for people nobody can name yet (R-11)."""
    return f"{_TEMPORARY}{facility.code}"


def is_own(system: str) -> bool:
    """Whether the facility issues these numbers itself, so that two patients can't share one."""
    return system.startswith((_MRN, _TEMPORARY))
