"""Opens, unpacks and decodes files, of drops and of lists alike. What is wrong with a file is a `FileError`."""
