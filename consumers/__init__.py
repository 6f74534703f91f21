"""What happens next: one plain function per consumer, and the runtime that drives them."""
