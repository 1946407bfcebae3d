"""The only room that knows SQL: tables, the writer that commits, the store that use cases work through.

SQLite is the default and PostgreSQL the same code; tests/contract/storage holds both to one suite.
"""
