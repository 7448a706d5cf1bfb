//! Typed expressions, evaluated without a check, an allocation or a way to fail.

use std::cmp::Ordering;

use super::fields::{Field, Subject};
use super::tree::Function;

/// An expression that is a number.
#[derive(Clone, Debug)]
pub(super) enum Num {
    Is(f64),
    Field(Field),
    Negative(Box<Self>),
    Add(Box<Self>, Box<Self>),
    Subtract(Box<Self>, Box<Self>),
    Multiply(Box<Self>, Box<Self>),
    Divide(Box<Self>, Box<Self>),
    One(Function, Box<Self>),
    Least(Vec<Self>),
    Most(Vec<Self>),
    If(Box<Truth>, Box<Self>, Box<Self>),
}

/// An expression that is true or false.
#[derive(Clone, Debug)]
pub(super) enum Truth {
    Is(bool),
    Field(Field),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    /// Whether the order of two numbers is one of the two.
    Numbers(Num, Num, Ordering, Option<Ordering>),
    Same(Box<Self>, Box<Self>),
    Texts(Words, Words),
    In(Words, Vec<String>),
    Contains(Words, Words),
    StartsWith(Words, Words),
    If(Box<Self>, Box<Self>, Box<Self>),
}

/// An expression that is a text.
#[derive(Clone, Debug)]
pub(super) enum Words {
    Is(String),
    Field(Field),
    If(Box<Truth>, Box<Self>, Box<Self>),
}

impl Num {
    pub(super) fn of(&self, subject: &Subject<'_>) -> f64 {
        match self {
            Self::Is(number) => *number,
            Self::Field(field) => subject.number(*field),
            Self::Negative(inner) => -inner.of(subject),
            Self::Add(a, b) => a.of(subject) + b.of(subject),
            Self::Subtract(a, b) => a.of(subject) - b.of(subject),
            Self::Multiply(a, b) => a.of(subject) * b.of(subject),
            Self::Divide(a, b) => a.of(subject) / b.of(subject),
            Self::One(function, inner) => {
                let number = inner.of(subject);
                match function {
                    Function::Exp => number.exp(),
                    Function::Ln => number.ln(),
                    Function::Sqrt => number.sqrt(),
                    _ => number.abs(),
                }
            }
            Self::Least(all) => all.iter().map(|one| one.of(subject)).fold(f64::INFINITY, f64::min),
            Self::Most(all) => {
                all.iter().map(|one| one.of(subject)).fold(f64::NEG_INFINITY, f64::max)
            }
            Self::If(when, then, other) => {
                if when.of(subject) {
                    then.of(subject)
                } else {
                    other.of(subject)
                }
            }
        }
    }
}

impl Truth {
    pub(super) fn of(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Is(truth) => *truth,
            Self::Field(field) => subject.truth(*field),
            Self::Not(inner) => !inner.of(subject),
            Self::And(a, b) => a.of(subject) && b.of(subject),
            Self::Or(a, b) => a.of(subject) || b.of(subject),
            Self::Numbers(a, b, one, other) => {
                let order = a.of(subject).partial_cmp(&b.of(subject));
                order.is_some() && (order == Some(*one) || order == *other)
            }
            Self::Same(a, b) => a.of(subject) == b.of(subject),
            Self::Texts(a, b) => a.of(subject) == b.of(subject),
            Self::In(words, list) => {
                let words = words.of(subject);
                list.iter().any(|one| one == words)
            }
            Self::Contains(a, b) => a.of(subject).contains(b.of(subject)),
            Self::StartsWith(a, b) => a.of(subject).starts_with(b.of(subject)),
            Self::If(when, then, other) => {
                if when.of(subject) {
                    then.of(subject)
                } else {
                    other.of(subject)
                }
            }
        }
    }
}

impl Words {
    fn of<'a>(&'a self, subject: &Subject<'a>) -> &'a str {
        match self {
            Self::Is(text) => text,
            Self::Field(field) => subject.text(*field),
            Self::If(when, then, other) => {
                if when.of(subject) {
                    then.of(subject)
                } else {
                    other.of(subject)
                }
            }
        }
    }
}
