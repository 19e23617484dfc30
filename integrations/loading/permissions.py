"""Rights of this room."""

# Load the patients, the open stays and the past of the HIS: what is wrong is said by line and number, without names.
LOAD = "loading.load"
