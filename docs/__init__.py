"""The pages for people, and the program that generates some of them."""
