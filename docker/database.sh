#!/bin/sh
# First start of the database container: the owner for migrations, the application role that owns nothing.
set -eu
psql --set=ON_ERROR_STOP=1 --set=owner="$EMR_OWNER_PASSWORD" --set=app="$EMR_APP_PASSWORD" --username postgres <<'SQL'
CREATE ROLE emr_owner LOGIN PASSWORD :'owner';
CREATE ROLE emr_app LOGIN PASSWORD :'app';
CREATE DATABASE emr OWNER emr_owner;
REVOKE ALL ON DATABASE emr FROM PUBLIC;
GRANT CONNECT ON DATABASE emr TO emr_app;
SQL
