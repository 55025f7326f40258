"""The exceptions of the package's own.

Misuse raises the built-in `TypeError` and `ValueError`.
"""

__all__ = ["AdapterFileError", "MissingDependencyError", "ModelError", "ScriptioError"]


class ScriptioError(Exception):
    """What every exception of the package's own derives from."""


class ModelError(ScriptioError):
    """A model is missing, damaged, or not what it should be."""


class MissingDependencyError(ScriptioError, ImportError):
    """A package is needed and not installed.

    Attributes:
        command: What installs it.
    """

    def __init__(self, package: str, extra: str | None = None) -> None:
        what = package if extra is None else f"'scriptio[{extra}]'"
        self.command = f"pip install {what}"
        super().__init__(f"{package} is not installed; it comes with: {self.command}")
        self._arguments = (package, extra)

    def __reduce__(self) -> tuple[type, tuple[str, str | None]]:
        return type(self), self._arguments


class AdapterFileError(ScriptioError, ValueError):
    """A file or string that should hold an adapter does not; says what was found and expected."""
