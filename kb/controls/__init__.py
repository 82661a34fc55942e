"""What administrators change while the program runs; `Rules` is what one question is answered under."""
