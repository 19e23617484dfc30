from django.urls import path

from signatures.verification import views

app_name = "verification"
urlpatterns = [
    path("verify/", views.upload, name="upload"),
    path("verify/<str:code>/", views.code, name="code"),
]
