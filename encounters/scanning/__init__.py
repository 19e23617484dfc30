"""Paper that comes in: printed pages signed by hand, papers from outside; filed, checked, sealed (NĐ 137/2024)."""
