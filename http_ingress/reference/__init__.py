"""`/reference`: the service, the platform, and each capability, as the CANARIE registry asks."""
