"""What people do in the workspace: clicks, forms, the command, shortcuts, the Home tab."""
