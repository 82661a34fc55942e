"""Chinese official text as text: canonical form, numbers, sentences, words. Pure functions and word lists."""
