"""What breaks, broken on purpose: the people's side of the story kept in a ledger, and compared with the database after."""
