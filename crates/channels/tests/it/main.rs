//! Black-box tests of delivery.

#[cfg(test)]
mod web_push;
