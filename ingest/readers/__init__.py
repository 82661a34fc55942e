"""A file into raw text. `read` chooses the reader by what the file holds; `tables` and `assembly` are what
all readers share."""
