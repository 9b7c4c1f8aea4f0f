"""The tests of Backline."""
