"""What reading a message can end with."""


class Hl7Error(ValueError):
    """The bytes can't be read as HL7 v2. `code` names the reason for the dead-letter desk; str() is for the log."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
