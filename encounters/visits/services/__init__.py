"""Every change of a stay: arrivals, moves, departures, what is told and diagnosed; and what takes each back.

All take keywords alone, run in one transaction with their audit line and their outbox fact, refuse with a DomainError
that the person can read, and may be called again after a lost answer. `by` is None for machines (messages of the
HIS).
"""

from encounters.visits.services.arrivals import admit as admit
from encounters.visits.services.arrivals import start_visit as start_visit
from encounters.visits.services.clinical import Diagnosis as Diagnosis
from encounters.visits.services.clinical import record_diagnosis as record_diagnosis
from encounters.visits.services.clinical import record_first_diagnoses as record_first_diagnoses
from encounters.visits.services.clinical import record_procedure as record_procedure
from encounters.visits.services.clinical import void_diagnosis as void_diagnosis
from encounters.visits.services.clinical import void_procedure as void_procedure
from encounters.visits.services.corrections import cancel_admission as cancel_admission
from encounters.visits.services.corrections import cancel_visit as cancel_visit
from encounters.visits.services.departures import cancel_discharge as cancel_discharge
from encounters.visits.services.departures import discharge as discharge
from encounters.visits.services.details import update_details as update_details
from encounters.visits.services.lists import Arrival as Arrival
from encounters.visits.services.lists import take_over_stays as take_over_stays
from encounters.visits.services.moves import cancel_transfer as cancel_transfer
from encounters.visits.services.moves import change_attending as change_attending
from encounters.visits.services.moves import map_place as map_place
from encounters.visits.services.moves import move_bed as move_bed
from encounters.visits.services.moves import transfer as transfer
from encounters.visits.services.numbers import issue_archive_number as issue_archive_number
