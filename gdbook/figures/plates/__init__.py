"""The plates of the book, a module a chapter. What they draw is translated: see ``gdbook.figures.plate``."""
