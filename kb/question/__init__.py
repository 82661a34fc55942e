"""What a person typed, made into what is searched for: spelling, follow-ups, lay words, departments, time.
`understanding` says in which order, and why that order."""
