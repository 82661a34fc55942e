"""How cost grows with the collection: `collection` makes one of any size, `measuring` asks it."""
