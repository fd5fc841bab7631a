"""The processes that run jobs: RQ workers, their supervisor, their devices."""
