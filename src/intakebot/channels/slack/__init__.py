"""Slack: callers come in by messages, agents work on cards."""
