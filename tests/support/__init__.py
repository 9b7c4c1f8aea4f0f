"""What the tests stand on: servers, browsers, clocks and checkers."""
