"""OpenID Connect: providers asked, their tokens checked, and accounts that stand on them."""
