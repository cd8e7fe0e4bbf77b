"""Recorded runs of other libraries, and how far this package's are from them: no part of the wheel."""
