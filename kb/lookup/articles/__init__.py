"""An article that a question names by its number: exactly that article, or that there is none."""
