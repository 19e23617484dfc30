"""The program on a ward's PC. It listens on the loopback address alone and answers pages of its hospital alone."""

__version__ = "1.0.0"
