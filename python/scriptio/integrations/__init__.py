"""scriptio inside of other frameworks: one module each, imported by name.

A module needs its framework installed, and raises `MissingDependencyError`
otherwise.
"""
