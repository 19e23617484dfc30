"""Small functions that each ask one thing of a stay."""
