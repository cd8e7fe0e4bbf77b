"""What single pages call: figures, labs, the cheat sheet, the notation, the faulty snippets."""
