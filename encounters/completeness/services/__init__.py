"""Changes of state: a gap that somebody answers for, a rule that is asked from a day on."""

from encounters.completeness.services.overriding import override_gap
from encounters.completeness.services.ruling import set_rule

__all__ = ["override_gap", "set_rule"]
