"""The laboratory's word on corrected results, under /results/identities/."""

from django.urls import path

from integrations.lis import views

app_name = "lis"
urlpatterns = [
    path("results/identities/", views.identities, name="identities"),
    path("results/identities/badge", views.badge, name="identity_badge"),
    path("results/identities/<uuid:identity_uuid>/", views.identity, name="identity"),
    path("results/identities/<uuid:identity_uuid>/answer", views.answer, name="answer_identity"),
]
