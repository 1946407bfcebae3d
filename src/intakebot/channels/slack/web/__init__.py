"""The workspace as it is reached: its Web API, who is who there, and what its conversations mean to this house."""
