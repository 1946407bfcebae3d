"""What leaves for the workspace: cards, lines, notices, and replies to callers, each once and in time."""
