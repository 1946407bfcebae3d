"""The command line: the agents' door for now, and the operator's.

Every command is one thin function: it builds a command or a question, hands it to a `Desk`, and shows the
answer as a table for people or as one JSON document for programs. Nothing is decided here.
"""

from intakebot.cli.program import main

__all__ = ["main"]
