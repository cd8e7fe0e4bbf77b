"""Checks of what a caller passes: each error names the argument, the value and what would do."""
