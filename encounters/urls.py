"""What happened: stays, documents, orders, results."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

app_name = "encounters"
_ROOMS = [
    "visits",
    "phrases",
    "forms",
    "documents",
    "orders",
    "specimens",
    "results",
    "performing",
    "monitoring",
    "bedside",
    "medicines",
    "consents",
    "scanning",
    "attestations",
    "inspections",
    "completeness",
    "bundles",
    "records",
    "switching",
    "designing",
    "rounds",
    "boards",
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(f"encounters.{room}.urls")) for room in _ROOMS if find_spec(f"encounters.{room}.urls")
]
