"""Rights of this room. Reading what was confirmed is reading the document."""

TAKE = "consents.take"
"""Put documents before the patient and take the confirmation; make the ward's daily disclosures."""
