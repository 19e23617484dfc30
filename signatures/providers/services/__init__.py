"""Keys come, are opened, get new PINs, and go."""

from signatures.providers.services.enrolling import enrol_key, take_seal
from signatures.providers.services.enrolling_agents import Proposal, enrol_agent_key, propose_key
from signatures.providers.services.keeping import (
    allow_reset,
    change_pin,
    destroy_key,
    import_key,
    issue_demo_key,
    issue_demo_seal,
    keep_seal,
    reseal_keys,
    reset_pin,
    send_code,
    unlock_pin,
)
from signatures.providers.services.opening import KeyTrouble, PinRefused, is_by, unlocked, unlocked_seal
from signatures.providers.services.warning import warn_of_expiry

__all__ = [
    "KeyTrouble",
    "PinRefused",
    "Proposal",
    "allow_reset",
    "change_pin",
    "destroy_key",
    "enrol_agent_key",
    "enrol_key",
    "import_key",
    "is_by",
    "issue_demo_key",
    "issue_demo_seal",
    "keep_seal",
    "propose_key",
    "reseal_keys",
    "reset_pin",
    "send_code",
    "take_seal",
    "unlock_pin",
    "unlocked",
    "unlocked_seal",
    "warn_of_expiry",
]
