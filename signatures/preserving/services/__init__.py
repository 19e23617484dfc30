"""Verbs of keeping signatures provable: note what was signed, raise its level, renew its proof before that ends."""

from signatures.preserving.services.keeping import keep_raised as keep_raised
from signatures.preserving.services.planning import ask_for_raising as ask_for_raising
from signatures.preserving.services.planning import note_bundle as note_bundle
from signatures.preserving.services.planning import note_paper as note_paper
from signatures.preserving.services.planning import note_sealed as note_sealed
from signatures.preserving.services.planning import note_signed as note_signed
from signatures.preserving.services.planning import plan_ahead as plan_ahead
from signatures.preserving.services.planning import try_the_others as try_the_others
from signatures.preserving.services.raising import raise_level as raise_level
