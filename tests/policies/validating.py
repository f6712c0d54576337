"""Run a stock tool's command in a process of its own, with a quicker jsonschema.

By c7n's schema a policy takes a second: jsonschema collects every error of every alternative that
does not fit, all filters of a resource at each level of or, and, not. Here it looks first which
alternative fits, to the first error; where none does it goes on as it comes.

Usage: python validating.py custodian|c7n-org ARGUMENT...
"""

from __future__ import annotations

import sys
from typing import Any

from c7n.schema import JsonSchemaValidator

_stock = JsonSchemaValidator.VALIDATORS["anyOf"]


def any_of(validator: Any, alternatives: Any, instance: Any, schema: Any) -> Any:
    """Yield the errors of the stock keyword, nothing where an alternative fits."""
    if not any(validator.evolve(schema=one).is_valid(instance) for one in alternatives):
        yield from _stock(validator, alternatives, instance, schema)


if __name__ == "__main__":
    JsonSchemaValidator.VALIDATORS["anyOf"] = any_of
    del sys.argv[0]
    if sys.argv[0] == "c7n-org":
        from c7n_org.cli import cli as main
    else:
        from c7n.cli import main
    main()
