"""What puts flopscope into other libraries' training loops; each is imported with its library."""
