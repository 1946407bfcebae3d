"""Brings every module of methods in, so that each registers its own."""

from __future__ import annotations

from fakes.slack import (
    methods_access,
    methods_chat,
    methods_conversations,
    methods_files,
    methods_people,
    methods_views,
)

ALL = (
    methods_access,
    methods_chat,
    methods_conversations,
    methods_files,
    methods_people,
    methods_views,
)
