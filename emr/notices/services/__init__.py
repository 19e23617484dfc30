"""Telling people, and hearing back from them. Other rooms use notify, acknowledge and withdraw."""

from emr.notices.selectors import Holders
from emr.notices.services.answering import acknowledge, see, withdraw, withdraw_kind
from emr.notices.services.confirming import confirm_address, deliver_code, newest_code, send_code
from emr.notices.services.contacts import save_contact, try_contact
from emr.notices.services.delivering import release_held, send_delivery
from emr.notices.services.escalating import climb_due
from emr.notices.services.ladders import forget_ladder, save_ladder
from emr.notices.services.telling import FIELDS, notify, notify_everywhere, withdraw_everywhere

__all__ = [
    "FIELDS",
    "Holders",
    "acknowledge",
    "climb_due",
    "confirm_address",
    "deliver_code",
    "forget_ladder",
    "newest_code",
    "notify",
    "notify_everywhere",
    "release_held",
    "save_contact",
    "save_ladder",
    "see",
    "send_code",
    "send_delivery",
    "try_contact",
    "withdraw",
    "withdraw_everywhere",
    "withdraw_kind",
]
