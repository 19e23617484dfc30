"""Every change of a patient: registering, correcting, numbers, people, merging, care."""

from patients.registry.services.care import Care as Care
from patients.registry.services.care import close_care as close_care
from patients.registry.services.care import cut_care as cut_care
from patients.registry.services.care import open_care as open_care
from patients.registry.services.care import open_care_of_many as open_care_of_many
from patients.registry.services.merging import merge_patients as merge_patients
from patients.registry.services.merging import unmerge_patients as unmerge_patients
from patients.registry.services.numbers import NewNumber as NewNumber
from patients.registry.services.numbers import add_identifier as add_identifier
from patients.registry.services.numbers import clean_value as clean_value
from patients.registry.services.numbers import end_identifier as end_identifier
from patients.registry.services.people import end_related_person as end_related_person
from patients.registry.services.people import set_related_person as set_related_person
from patients.registry.services.registering import AlreadyRegistered as AlreadyRegistered
from patients.registry.services.registering import NewPatient as NewPatient
from patients.registry.services.registering import PossibleDuplicates as PossibleDuplicates
from patients.registry.services.registering import register_newborn as register_newborn
from patients.registry.services.registering import register_patient as register_patient
from patients.registry.services.registering import register_patients as register_patients
from patients.registry.services.registering import register_unknown as register_unknown
from patients.registry.services.restricting import restrict_patient as restrict_patient
from patients.registry.services.updating import Changed as Changed
from patients.registry.services.updating import update_patient as update_patient
