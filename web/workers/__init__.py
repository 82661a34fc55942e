"""Several processes of the program on one machine: who starts them, and the console that one of them has."""
