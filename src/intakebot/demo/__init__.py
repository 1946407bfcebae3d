"""The demonstration: the real service, played through by callers and agents from a story, and checked.

`intakebot demo` comes here. The story is files (`story/*.yaml`); `performance` starts the service as a process
of its own, sends mail to its real door, has agents act through the real commands, and looks at what came of it.
"""
