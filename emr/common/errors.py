"""What a rule says when it refuses."""


class DomainError(Exception):
    """A rule of the hospital refuses: `str(error)` is translated for the user who asked.

    `code` names the rule for programs ("bed_taken"); `field` is the input it concerns, when there is one.
    """

    def __init__(self, message: object, *, code: str = "refused", field: str | None = None) -> None:
        super().__init__(str(message))
        self.code = code
        self.field = field


class Conflict(DomainError):
    """Somebody else changed the same thing first (optimistic lock); views answer 409 with both versions."""

    def __init__(self, message: object, *, code: str = "conflict", field: str | None = None) -> None:
        super().__init__(message, code=code, field=field)
