"""How Slack reaches us: by HTTP or Socket Mode, through the durable inbox."""
