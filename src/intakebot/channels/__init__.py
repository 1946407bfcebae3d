"""The ways in and out. One module per channel, found by its name; channels never know use cases or each other."""
