"""What is said in the workspace: from kept events to contacts, comments and alarms."""
