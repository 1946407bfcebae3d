"""`python -m intakebot`: the same program as the `intakebot` command."""

from intakebot.cli import main

if __name__ == "__main__":
    main()
