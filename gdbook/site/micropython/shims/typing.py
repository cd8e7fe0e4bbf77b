"""Stands in for ``typing``, of which nothing is needed when code runs."""

TYPE_CHECKING = False
