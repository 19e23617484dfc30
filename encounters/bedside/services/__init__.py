"""Verbs of a ward: who looks after whom, what was carried out, whom to beware for what."""

from encounters.bedside.services.assigning import assign_patients, release_patients
from encounters.bedside.services.executing import AlreadyDone, record_execution, take_back_execution
from encounters.bedside.services.handing_over import hand_over, take_over
from encounters.bedside.services.looking import see_orders
from encounters.bedside.services.outages import declare_outage
from encounters.bedside.services.packing import make_all_packs, make_pack, set_ward_code
from encounters.bedside.services.precautions import end_precaution, set_precaution

__all__ = [
    "AlreadyDone",
    "assign_patients",
    "declare_outage",
    "end_precaution",
    "hand_over",
    "make_all_packs",
    "make_pack",
    "record_execution",
    "release_patients",
    "see_orders",
    "set_precaution",
    "set_ward_code",
    "take_back_execution",
    "take_over",
]
