"""From Python to JavaScript: rules, losses and values as the labs run them."""
