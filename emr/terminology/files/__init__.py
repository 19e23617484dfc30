"""Reading a catalogue from the file somebody has: the ministry's spreadsheet, CSV, a FHIR CodeSystem.

Every value is read as the text that the person sees: a code keeps its leading zeros, a formula is never evaluated.
"""

from emr.terminology.files.reading import Catalogue, Unreadable, read_catalogue

__all__ = ["Catalogue", "Unreadable", "read_catalogue"]
