"""What people are shown, as pure functions from answers of the desk to blocks."""
