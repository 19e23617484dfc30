"""Facts, written in the transaction that makes them true and delivered after it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emr.outbox.registry import Delivery as Delivery
    from emr.outbox.registry import subscribe as subscribe
    from emr.outbox.services import publish as publish
    from emr.outbox.services import publish_many as publish_many

_HOMES = {"publish": "services", "publish_many": "services", "subscribe": "registry", "Delivery": "registry"}


def __getattr__(name: str) -> Any:
    """`publish`, `subscribe`, `Delivery`, loaded when first used: models can't load before the app registry."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"emr.outbox.{_HOMES[name]}"), name)
