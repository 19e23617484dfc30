"""Forms that the patient, or who stands for them, confirms. The rooms above say which; the print keeps a place for it."""

# The name of the place on the print, where the room that seals the confirmation lists the evidence.
PLACE = "signature-patient"
_codes: set[str] = set()


def register_confirmed(code: str) -> None:
    """Forms of that code are put before the patient; called in AppConfig.ready()."""
    _codes.add(code)


def asks_patient(code: str) -> bool:
    """Whether a form of that code is put before the patient."""
    return code in _codes


def confirmed_codes() -> list[str]:
    """All of them, in order."""
    return sorted(_codes)
