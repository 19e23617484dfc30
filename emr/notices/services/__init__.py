"""Telling people, and hearing back from them. Other rooms use notify, acknowledge and withdraw."""

from emr.notices.selectors import Holders
from emr.notices.services.answering import acknowledge, see, withdraw, withdraw_kind
from emr.notices.services.contacts import save_contact, try_contact
from emr.notices.services.delivering import release_held, send_delivery
from emr.notices.services.escalating import climb_due
from emr.notices.services.ladders import forget_ladder, save_ladder
from emr.notices.services.telling import notify, notify_everywhere, withdraw_everywhere

__all__ = [
    "Holders",
    "acknowledge",
    "climb_due",
    "forget_ladder",
    "notify",
    "notify_everywhere",
    "release_held",
    "save_contact",
    "save_ladder",
    "see",
    "send_delivery",
    "try_contact",
    "withdraw",
    "withdraw_everywhere",
    "withdraw_kind",
]
