"""What a document says about itself and about others: title, number, dates, term, repeals, validity."""
