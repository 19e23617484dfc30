from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "integrations.demo"
    label = "demo"

    def ready(self) -> None:
        """Hear of the demo's own wishes; know its own kind of notice."""
        from integrations.demo import notices, subscribers  # noqa: F401, PLC0415

        notices.register()
