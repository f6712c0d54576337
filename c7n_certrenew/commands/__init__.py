"""The commands of `certrenew`, one a file: options, a few calls, an exit code.

Importing them is cheap: what is heavy is imported by the command that needs it.
"""
