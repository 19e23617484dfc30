"""Forms whose author proves anew who they are before they take effect (S-22). The rooms above say which."""

_codes: set[str] = set()


def register_grave(code: str) -> None:
    """Forms of that code are confirmed by fresh proof; called in AppConfig.ready()."""
    _codes.add(code)


def is_grave(code: str) -> bool:
    """Whether a form of that code asks for fresh proof."""
    return code in _codes
