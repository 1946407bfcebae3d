"""What the house does with a contact: one module per verb of the flow, one operation per public function.

Decisions here are plain synchronous functions over values; operations take a `Store` inside a transaction and
a batch, and are run by the writer only. docs/flow.md follows a message through these rooms.
"""
