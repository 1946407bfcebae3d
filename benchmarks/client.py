"""A lean SMTP client in a process of its own: `python -m benchmarks.client PORT CONNECTIONS MAILS FIRST STORIES`.

Prints one JSON document: when it began and ended (the machine's monotonic clock, in seconds) and how many mails
were answered with 250. The same client measures our service and the bare server it is compared with. Connections
stay open; they come from several loopback addresses, because a peer may hold a limited number of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import count

import uvloop
from benchmarks.mails import RECIPIENT, mail, sender

CONNECTIONS_PER_ADDRESS = 16


async def main(port: int, connections: int, mails: int, first: int, stories: int) -> None:
    """Send all mails over all connections."""
    contents = {number: mail(number, stories) for number in range(first, first + mails)}
    opened = [await _connect(port, index) for index in range(connections)]
    numbers = iter(contents)
    began = time.perf_counter()
    accepted = await asyncio.gather(*(_send(*streams, numbers, contents) for streams in opened))
    ended = time.perf_counter()
    for _, writer in opened:
        writer.close()
    print(json.dumps({"began": began, "ended": ended, "accepted": sum(accepted)}))


async def _connect(port: int, index: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = f"127.0.0.{index // CONNECTIONS_PER_ADDRESS + 1}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    await _answer(reader)
    await _say(reader, writer, b"EHLO client.example\r\n")
    return reader, writer


async def _send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, numbers: count[int], contents: dict[int, bytes]
) -> int:
    accepted = 0
    for number in numbers:
        await _say(reader, writer, f"MAIL FROM:<{sender(number)}>\r\n".encode())
        await _say(reader, writer, f"RCPT TO:<{RECIPIENT}>\r\n".encode())
        await _say(reader, writer, b"DATA\r\n")
        accepted += (await _say(reader, writer, contents[number] + b".\r\n")).startswith(b"250")
    return accepted


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes) -> bytes:
    writer.write(line)
    return await _answer(reader)


async def _answer(reader: asyncio.StreamReader) -> bytes:
    line = await reader.readline()
    while line[3:4] == b"-":
        line = await reader.readline()
    return line


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
