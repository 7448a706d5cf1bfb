//! Transactional state in SQL: sites, columns, items, devices, subscriptions, consent, outbox.
