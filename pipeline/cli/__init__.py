"""Parsing of arguments and exit codes; what a command does and says is elsewhere."""
