"""A closed record as one file: PDF/A with every signed document inside, a sealed manifest, HoSoBenhAn."""
