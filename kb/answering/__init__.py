"""From a question that has been understood to an answer or an honest refusal. `answerer` is the policy; every
other module is one of its rules. Nothing here opens a file or a connection."""
