"""The documents as citizens browse them: the list, a summary of each, what belongs to it, what is new."""
