"""Reading a drop as it came: every record of every table in it, as text, with the line it starts on."""
