"""What fuzz tests share: their inputs, their number of cases, and what every interaction ends in."""
