from importlib import import_module

from django.apps import AppConfig


class HisConfig(AppConfig):
    name = "integrations.his"
    label = "his"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """ADT messages are this room's, and which system keeps what."""
        import_module("integrations.his.subscribers")
        from emr.common.masters import register_keeper  # noqa: PLC0415
        from integrations.his import reasons  # noqa: PLC0415
        from integrations.his.order_reading import read_orders  # noqa: PLC0415
        from integrations.his.reading import read_adt  # noqa: PLC0415
        from integrations.his.rows import happened_at  # noqa: PLC0415
        from integrations.his.selectors import kept_elsewhere  # noqa: PLC0415
        from integrations.his.services import apply_adt, apply_answer, apply_orders, apply_row  # noqa: PLC0415
        from integrations.hl7v2.inbox import Applier, register_applier  # noqa: PLC0415
        from integrations.transport.reasons import REASONS  # noqa: PLC0415

        REASONS.update(reasons.REASONS)
        register_keeper(kept_elsewhere)
        register_applier("ADT", Applier(apply_adt, lambda message: read_adt(message).happened_at))
        orders = Applier(apply_orders, lambda message: read_orders(message).happened_at)
        for code in ("ORM", "OML", "OMP", "OMG", "RDE"):
            register_applier(code, orders)
        register_applier("ROW", Applier(apply_row, happened_at))
        for code in ("ORR", "ORL", "RRE"):
            register_applier(code, Applier(apply_answer, lambda message: message.received_at))
