from django.urls import path

from emr.signin.views import account, coming, locking, staff

app_name = "signin"
urlpatterns = [
    path("sign-in/", coming.sign_in, name="sign_in"),
    path("sign-out/", coming.sign_out, name="sign_out"),
    path("session/", coming.session_state, name="session"),
    path("session/stay", locking.stay, name="stay"),
    path("lock/", locking.lock, name="lock"),
    path("locked/", locking.locked, name="locked"),
    path("locked/unlock", locking.unlock, name="unlock"),
    path("account/", account.account, name="account"),
    path("account/sessions/end", account.end_others, name="end_others"),
    path("account/sessions/<uuid:session_uuid>/end", account.end_session, name="end_session"),
    path("account/pin", account.set_pin, name="set_pin"),
    path("account/badge/lost", account.lose_badge, name="lose_badge"),
    path("administration/sign-in/", staff.staff, name="staff"),
    path("administration/sign-in/<uuid:user_uuid>/", staff.person, name="person"),
    path("administration/sign-in/<uuid:user_uuid>/end", staff.end_everything, name="end_everything"),
    path("administration/sign-in/<uuid:user_uuid>/badge", staff.issue_badge, name="issue_badge"),
    path("administration/sign-in/<uuid:user_uuid>/badge/revoke", staff.revoke_badge, name="revoke_badge"),
]
