"""Facts, written in the transaction that makes them true and delivered after it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emr.outbox.registry import Delivery as Delivery
    from emr.outbox.registry import subscribe as subscribe
    from emr.outbox.services import publish as publish


def __getattr__(name: str) -> Any:
    """`publish`, `subscribe`, `Delivery`, loaded when first used: models can't load before the app registry."""
    from emr.outbox import registry, services  # noqa: PLC0415

    if name == "publish":
        return services.publish
    if name in {"subscribe", "Delivery"}:
        return getattr(registry, name)
    raise AttributeError(name)
