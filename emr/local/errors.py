"""What stops an instance from starting, in words for the person at the keyboard."""


class LocalError(Exception):
    """Shown without a stack trace: it says what is wrong and what to type."""
