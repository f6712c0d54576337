"""Hide the tracer that moto brings along: Custodian would load it, a third of its start.

Users have moto nowhere near Custodian.
"""

raise ImportError("users do not have it")
