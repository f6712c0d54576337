"""Make stock Cloud Custodian know this package's filters and actions.

Imported at every start of Python, so it needs nothing but `sys` and `os`.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

HOSTS = (
    "c7n.resources.iam",
    "c7n.resources.acm",
    "c7n.resources.elb",
    "c7n.resources.appelb",
    "c7n.resources.cloudfront",
    "c7n.resources.account",
)
"""The modules whose resources get something; c7n imports those that its policies name."""
SWITCH = "C7N_CERTRENEW_AUTOLOAD"


def autoload() -> None:
    """Install the hook, unless the variable C7N_CERTRENEW_AUTOLOAD is 0.

    This is what the `.pth` file (and from Python 3.15 the `.start` file) calls.
    """
    if os.environ.get(SWITCH) != "0":
        install()


def install() -> None:
    """Register with each host module as soon as it is imported, or now if it is.

    Calling it again changes nothing. It never raises: what goes wrong is logged in one line.
    """
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    for host in HOSTS:
        if host in sys.modules:
            _register(host)


def _register(host: str) -> None:
    try:
        from c7n_certrenew.register import register

        register(host)
    except Exception as error:
        _log(error)


def _log(error: Exception) -> None:
    import logging

    logging.getLogger("c7n_certrenew").error(
        "c7n-certrenew is not loaded, its filters and actions are unknown: %s: %s",
        type(error).__name__,
        error,
    )


class _Finder:
    """Find a host module as the other finders do, and watch it being loaded.

    It never raises: without it the import goes on, and ends with an error of its own if any.
    """

    def find_spec(
        self,
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        if fullname not in HOSTS:
            return None
        try:
            return self._watched(fullname, path, target)
        except Exception as error:
            _log(error)
            return None

    def _watched(
        self, fullname: str, path: "Sequence[str] | None", target: "ModuleType | None"
    ) -> "ModuleSpec | None":
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(fullname, path, target) if find else None
            if spec is not None:
                if not hasattr(spec.loader, "exec_module"):
                    raise ImportError(f"the loader of {fullname} has no exec_module")
                spec.loader = _Loader(spec.loader)  # type: ignore[assignment]  # see _Loader
                return spec
        return None


class _Loader:
    """Load a host module with its own loader, hand it back that loader, then register.

    It is a loader by what it answers, not by its class: typeshed's would be one more import.
    """

    def __init__(self, loader: object) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def exec_module(self, module: "ModuleType") -> None:
        spec = module.__spec__
        module.__loader__ = self._loader  # type: ignore[assignment]  # a loader all the same
        if spec is not None:
            spec.loader = self._loader  # type: ignore[assignment]  # a loader all the same
        self._loader.exec_module(module)  # type: ignore[attr-defined]  # the finder looked
        _register(module.__name__)


_FINDER = _Finder()
