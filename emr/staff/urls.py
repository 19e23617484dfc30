from django.urls import path

from emr.staff.views import imports, people, places, roles

app_name = "staff"
urlpatterns = [
    path("", places.index, name="index"),
    path("staff/", people.people, name="people"),
    path("staff/new/", people.add, name="add"),
    path("staff/export/<slug:kind>/", people.export, name="export"),
    path("staff/import/", imports.upload, name="upload"),
    path("staff/import/template/<slug:kind>/", imports.template, name="template"),
    path("staff/import/<uuid:import_uuid>/", imports.result, name="import"),
    path("staff/import/<uuid:import_uuid>/apply/", imports.apply, name="apply"),
    path("staff/<uuid:member_uuid>/", people.person, name="person"),
    path("staff/<uuid:member_uuid>/change/", people.change, name="change_person"),
    path("staff/<uuid:member_uuid>/role/", people.give_role, name="give_role"),
    path("staff/<uuid:member_uuid>/suspend/", people.suspend, name="suspend"),
    path("staff/<uuid:member_uuid>/leave/", people.leave, name="leave"),
    path("staff/<uuid:member_uuid>/return/", people.bring_back, name="bring_back"),
    path("staff/<uuid:member_uuid>/password/", people.issue_password, name="issue_password"),
    path("staff/<uuid:member_uuid>/licence/", people.licence, name="licence"),
    path("held-roles/<uuid:held_uuid>/end/", people.end_role, name="end_role"),
    path("licences/", places.licences, name="licences"),
    path("licences/<uuid:licence_uuid>/withdraw/", people.withdraw_licence, name="withdraw_licence"),
    path("roles/", roles.roles, name="roles"),
    path("roles/table/", roles.matrix, name="matrix"),
    path("roles/compare/", roles.compare, name="compare"),
    path("roles/changes/<uuid:change_uuid>/", roles.change, name="change"),
    path("roles/<slug:role_code>/rights/", roles.role, name="role"),
    path("roles/<slug:role_code>/copy/", roles.copy, name="copy"),
    path("roles/<slug:role_code>/retire/", roles.retire, name="retire"),
    path("departments/", places.departments, name="departments"),
    path("departments/new/", places.department, name="add_department"),
    path("departments/<uuid:department_uuid>/", places.department, name="department"),
    path("departments/<uuid:department_uuid>/places/new/", places.add_location, name="add_location"),
    path("places/<uuid:location_uuid>/", places.location, name="location"),
]
