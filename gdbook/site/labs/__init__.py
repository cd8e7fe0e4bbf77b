"""The labs of the book, one module each: what the reader can choose, and what to try."""
