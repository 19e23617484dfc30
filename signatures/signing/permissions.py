"""Rights of this room."""

SIGN = "signing.sign"
"""Sign what waits for one's own signature."""

SEAL = "signing.seal"
"""Put the facility's seal on what has been signed."""

CHAINS = "signing.chains"
"""Say who signs which form, in which order."""
