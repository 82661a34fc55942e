"""The settings that administrators change while the program runs; `Rules` are those of one question."""
