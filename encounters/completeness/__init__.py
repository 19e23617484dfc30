"""What a record still lacks: rules as data, answered as a list whose links lead to the very field."""
