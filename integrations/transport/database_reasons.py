"""Why a neighbour's view can't be read, in words that the integration staff understands, with what to do."""

from django.utils.translation import gettext_lazy as _

# As in `reasons`: code: (what is wrong, what helps).
DATABASE_REASONS = {
    "sql_names": (
        _("The channel doesn't say which view and columns to read."),
        _("Set up the channel anew."),
    ),
    "sql_view": (
        _("The view or one of its columns isn't there: %(text)s"),
        _("Compare the names on the channel with the database, capital letters too."),
    ),
    "sql_login": (
        _("%(address)s doesn't let the user “%(user)s” in."),
        _("Check the user's name and the password's file."),
    ),
    "sql_database": (
        _("%(address)s doesn't give the database “%(database)s”."),
        _("Check its name, and the user's right to it."),
    ),
    "sql_denied": (
        _("The user “%(user)s” may not read the view “%(view)s”."),
        _("Have the right to read it granted (GRANT SELECT)."),
    ),
    "sql_slow": (
        _("The view didn't give its rows within %(seconds)s seconds."),
        _("Have the column by which it is read indexed, or the view hold less."),
    ),
    "sql_key": (
        _(
            "The key column isn't text or whole numbers. Without a column of changes it must be numbers that grow."
        ),
        _("Choose another key, or a column of changes."),
    ),
    "sql_same_key": (
        _("Too many rows have the same key (%(column)s): they can't be told apart."),
        _("Choose a column that is each row's own."),
    ),
    "sql_changed": (
        _(
            "The column of changes (%(column)s) holds something that is no date and time: all rows are read each time."
        ),
        _("Choose a column of dates with times."),
    ),
    "sql_fault": (
        _("The database refused the question (%(code)s)."),
        _("Ask its administrator what this code means there."),
    ),
    "password_file": (_("The password's file in EMR_HOME/peers can't be read: %(file)s"), ""),
    "sql_driver": (
        _("The extra “%(extra)s”, which speaks to this kind of database, isn't installed here."),
        _("Have the administrator install it; it is tried again by itself."),
    ),
    "sql_needs_tls": (
        _(
            "SQL Server is read over TLS alone, with a named authority: its password would be readable on the way."
        ),
        _("Turn TLS on, and choose the authority of its certificate."),
    ),
}
