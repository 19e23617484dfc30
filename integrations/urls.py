"""The house's addresses."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "integrations"
urlpatterns: list[URLPattern | URLResolver] = [
    path("integrations/", include("integrations.transport.urls")),
    path("integrations/hl7/", include("integrations.hl7v2.urls")),
    path("integrations/", include("integrations.his.urls")),
    path("", include("integrations.lis.urls")),
    path("integrations/reconciliation/", include("integrations.reconciling.urls")),
    path("", include("integrations.launch.urls")),
    path("", include("integrations.loading.urls")),
    path("", include("integrations.mdm.urls")),
    path("", include("integrations.monitors.urls")),
]
