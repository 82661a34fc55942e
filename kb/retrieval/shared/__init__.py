"""For processes over one database with an index each: vectors kept in SQL, changes of others followed."""
