//! Delivery: policy, the outbox's states, and one module a channel.
