"""Side by side: the same documents, questions and vectors through other people's pipelines."""
