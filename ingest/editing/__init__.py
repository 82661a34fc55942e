"""Document work by staff: uploads that wait for approval, previews, corrections, the list of documents."""
