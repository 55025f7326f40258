"""The packages that only models need, imported when a model does."""

import importlib

from scriptio.errors import MissingDependencyError

__all__ = ["require"]


def require(*packages: str) -> None:
    """Make sure that `packages` can be imported.

    Raises:
        MissingDependencyError: One of them is not installed.
    """
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            # What is missing may be something that the package itself needs.
            raise MissingDependencyError(error.name or package) from error
