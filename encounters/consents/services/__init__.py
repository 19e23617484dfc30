"""Verbs of confirming: ask outside the page, confirm, make the ward's daily disclosures."""

from encounters.consents.services.asking import ask_outside, send_challenge, try_answer
from encounters.consents.services.confirming import Signer, Told, Witness, confirm
from encounters.consents.services.disclosing import make_disclosures

__all__ = [
    "Signer",
    "Told",
    "Witness",
    "ask_outside",
    "confirm",
    "make_disclosures",
    "send_challenge",
    "try_answer",
]
