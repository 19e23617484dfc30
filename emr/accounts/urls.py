from django.urls import path

from emr.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("administration/house/", views.house, name="house"),
    path("session/", views.session_state, name="session"),
]
