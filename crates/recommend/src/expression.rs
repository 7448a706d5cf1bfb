//! The small typed language of business rules: conditions for filters, factors for boosters.
//!
//! `kind == "service" and age_days < 30 and dept in ["tax"] and not mandated` is a condition;
//! `if(kind == "policy", 1.5, 1) * exp(-age_days / 30)` is a number. Text becomes a tree ([`parse`]), the tree is
//! typed and becomes a form that needs no further checks ([`Condition::parse`], [`Number::parse`]), and evaluating that
//! cannot fail: a division by zero is infinite, a comparison with what is no number is false.

mod check;
mod eval;
mod fields;
mod lexer;
mod parser;
mod tree;

pub use check::{Condition, Number};
pub use fields::{Field, Subject};
pub use parser::parse;
pub use tree::{Expression, Function, Node, Operator};

/// Why a text is no expression of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {problem}")]
pub struct ExpressionError {
    /// The character, from 1.
    pub at: usize,
    /// What was expected and what is there.
    pub problem: String,
}

impl ExpressionError {
    fn new(at: usize, problem: impl Into<String>) -> Self {
        Self { at, problem: problem.into() }
    }
}

#[cfg(test)]
mod tests;
