from django.urls import path

from emr.signin.views import account, coming, factors, locking, passwords, staff

app_name = "signin"
urlpatterns = [
    path("sign-in/", coming.sign_in, name="sign_in"),
    path("sign-in/second/", factors.second, name="second"),
    path("sign-in/second/key", factors.second_key, name="second_key"),
    path("sign-in/recover/", passwords.recover, name="recover"),
    path("sign-out/", coming.sign_out, name="sign_out"),
    path("session/", coming.session_state, name="session"),
    path("session/stay", locking.stay, name="stay"),
    path("lock/", locking.lock, name="lock"),
    path("locked/", locking.locked, name="locked"),
    path("locked/unlock", locking.unlock, name="unlock"),
    path("account/", account.account, name="account"),
    path("account/sessions/end", account.end_others, name="end_others"),
    path("account/sessions/<uuid:session_uuid>/end", account.end_session, name="end_session"),
    path("prove/", factors.prove, name="prove"),
    path("prove/key", factors.prove_key, name="prove_key"),
    path("locked/key", factors.unlock_key, name="unlock_key"),
    path("account/password/", passwords.change_password, name="password"),
    path("account/second-factor/", factors.factors, name="factors"),
    path("account/second-factor/app", factors.begin_app, name="begin_app"),
    path("account/second-factor/app/confirm", factors.confirm_app, name="confirm_app"),
    path("account/second-factor/app/remove", factors.remove_app, name="remove_app"),
    path("account/second-factor/codes", factors.renew_codes, name="renew_codes"),
    path("account/second-factor/keys/add", factors.add_key, name="add_key"),
    path("account/second-factor/keys/<uuid:key_uuid>/remove", factors.remove_key, name="remove_key"),
    path("account/pin", account.set_pin, name="set_pin"),
    path("account/badge/lost", account.lose_badge, name="lose_badge"),
    path("administration/sign-in/", staff.staff, name="staff"),
    path("administration/sign-in/<uuid:user_uuid>/", staff.person, name="person"),
    path("administration/sign-in/<uuid:user_uuid>/end", staff.end_everything, name="end_everything"),
    path("administration/sign-in/<uuid:user_uuid>/badge", staff.issue_badge, name="issue_badge"),
    path("administration/sign-in/<uuid:user_uuid>/badge/revoke", staff.revoke_badge, name="revoke_badge"),
    path("administration/sign-in/<uuid:user_uuid>/recovery", staff.ask_recovery, name="ask_recovery"),
    path(
        "administration/sign-in/<uuid:user_uuid>/recovery/confirm",
        staff.confirm_recovery,
        name="confirm_recovery",
    ),
    path(
        "administration/sign-in/<uuid:user_uuid>/recovery/cancel",
        staff.cancel_recovery,
        name="cancel_recovery",
    ),
]
