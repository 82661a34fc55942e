"""Staff at documents: uploads that wait for approval, previews, corrections, and the list of documents."""
