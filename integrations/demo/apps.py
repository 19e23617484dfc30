from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "integrations.demo"
    label = "demo"

    def ready(self) -> None:
        """Hear of the demo's own wishes."""
        from integrations.demo import subscribers  # noqa: F401, PLC0415
