"""Python in the page: a snippet that a reader may change and run.

- ``wheel``: MicroPython, which pip brings as WebAssembly in a wheel;
- ``transform``: a module of the package in the words that MicroPython knows;
- ``library``: all that a snippet can import there, as one file of the site;
- ``shims``: what MicroPython lacks of the standard library, as far as the package uses it;
- ``host``: MicroPython here, to see what it prints;
- ``snippets``: which snippets it prints exactly as Python does.
"""
