"""Facts, written in the transaction that makes them true and delivered after it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emr.outbox.registry import Delivery as Delivery
    from emr.outbox.registry import Later as Later
    from emr.outbox.registry import subscribe as subscribe
    from emr.outbox.services import hasten as hasten
    from emr.outbox.services import is_owed as is_owed
    from emr.outbox.services import publish as publish
    from emr.outbox.services import publish_many as publish_many
    from emr.outbox.services import ring_after_commit as ring_after_commit
    from emr.outbox.services import wanted_by as wanted_by

_HOMES = dict.fromkeys(
    ("hasten", "is_owed", "publish", "publish_many", "ring_after_commit", "wanted_by"), "services"
)
_HOMES |= dict.fromkeys(("subscribe", "Delivery", "Later"), "registry")


def __getattr__(name: str) -> Any:
    """What the rooms use of the outbox, loaded when first used: models can't load before the app registry."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"emr.outbox.{_HOMES[name]}"), name)
