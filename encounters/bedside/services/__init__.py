"""Verbs of a ward: who looks after whom, what was carried out and seen, whom to beware for what."""

from encounters.bedside.services.assigning import assign_patients, release_patients
from encounters.bedside.services.caring import (
    compose_care,
    correct_column,
    take_back_column,
    write_column,
)
from encounters.bedside.services.checking import check_chart, make_remark, settle_remark
from encounters.bedside.services.executing import AlreadyDone, record_execution, take_back_execution
from encounters.bedside.services.handing_over import hand_over, take_over
from encounters.bedside.services.looking import see_orders
from encounters.bedside.services.outages import declare_outage
from encounters.bedside.services.packing import make_all_packs, make_pack, set_ward_code
from encounters.bedside.services.precautions import end_precaution, set_precaution
from encounters.bedside.services.wounds import assess_wound, find_wound, take_back_assessment

__all__ = [
    "AlreadyDone",
    "assess_wound",
    "assign_patients",
    "check_chart",
    "compose_care",
    "correct_column",
    "declare_outage",
    "end_precaution",
    "find_wound",
    "hand_over",
    "make_all_packs",
    "make_pack",
    "make_remark",
    "record_execution",
    "release_patients",
    "see_orders",
    "set_precaution",
    "set_ward_code",
    "settle_remark",
    "take_back_assessment",
    "take_back_column",
    "take_back_execution",
    "take_over",
    "write_column",
]
