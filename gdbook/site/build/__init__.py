"""The steps of a build, and what they make: pages, pictures, notebooks, the font."""
