"""What a browser gets over HTTP: pages, forms, downloads, and the built client."""
