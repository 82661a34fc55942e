"""Chinese official text as text: normal form, numbers, sentences, words. Pure functions and word lists."""
