"""What only the build of the book needs: from Markdown and Python to pages.

- ``markdown``: what the Markdown of a page may hold: code that runs, formulas, values, captions, quizzes;
- ``build``: the steps of a build, and what they make: pictures, notebooks, faces, the outline of the book;
- ``pages``, ``labs``: what single pages call;
- ``translate``: rules, losses and values as JavaScript;
- ``kept``: what is kept of a build, and who works on the rest;
- ``theme``: the templates.
"""
