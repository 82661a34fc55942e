"""The value that a question asks for (sum, share, age, time, count), found in the words that are quoted."""
