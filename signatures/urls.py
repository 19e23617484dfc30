from django.urls import URLPattern, URLResolver, include, path

app_name = "signatures"
urlpatterns: list[URLPattern | URLResolver] = [
    path("signing/", include("signatures.signing.urls")),
    path("signing-keys/", include("signatures.providers.urls")),
    path("administration/audit/extracts/", include("signatures.sealing.urls")),
    path("", include("signatures.verification.urls")),
]
