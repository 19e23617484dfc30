"""What tests stand on: real services, a browser, people."""
