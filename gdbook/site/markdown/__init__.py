"""What the Markdown of a page may hold: code that runs, formulas, values, captions, quizzes."""
