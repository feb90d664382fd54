"""What goes back to vendors under their contracts: which rows, in which file, delivered once."""
