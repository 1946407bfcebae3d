"""Email and chat intake: every message becomes a case, every decision explains itself, no mail is lost."""
