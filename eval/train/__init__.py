"""Training of the models that ship with the project: the encoder of passages and the reader of answers."""
