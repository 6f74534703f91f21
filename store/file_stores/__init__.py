"""Where clients of the science archive put the bytes of frames themselves."""
