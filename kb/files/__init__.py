"""Files from outside, read so that none can harm the program: containers, and a process with limits."""
