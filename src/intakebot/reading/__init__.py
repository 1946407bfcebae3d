"""Understand messages: bytes in, plain values out; pure, bounded in time and memory, never raising.

Channels and use cases call `message.read_message`, `content_key` and `threading`; nothing here touches a
clock, a socket, a file or a database. What could not be understood becomes a defect, never an error.
"""
