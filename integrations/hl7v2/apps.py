from importlib import import_module

from django.apps import AppConfig


class Hl7v2Config(AppConfig):
    name = "integrations.hl7v2"
    label = "hl7v2"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("integrations.hl7v2.subscribers")
        from integrations.hl7v2.delivering import FolderSender, HttpSender, MllpSender  # noqa: PLC0415
        from integrations.hl7v2.showing import Hl7Reader  # noqa: PLC0415
        from integrations.transport.readers import register_reader  # noqa: PLC0415
        from integrations.transport.senders import register_sender  # noqa: PLC0415

        register_sender("mllp", MllpSender())
        register_sender("http", HttpSender())
        register_sender("folder", FolderSender())
        for protocol in ("mllp", "http", "folder"):
            register_reader(protocol, Hl7Reader())
