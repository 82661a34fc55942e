"""Who works here, what each role may do, and the log of what was done."""
