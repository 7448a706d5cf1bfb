//! A tree to a typed form: every mistake is found here, once, with its place.

use std::cmp::Ordering;

use super::ExpressionError;
use super::eval::{Num, Truth, Words};
use super::fields::{Field, Subject, Type};
use super::parser::parse;
use super::tree::{Expression, Function, Node, Operator};

/// A condition on an item of a request.
#[derive(Clone, Debug)]
pub struct Condition(Truth);

impl Condition {
    /// Reads and types it.
    ///
    /// # Errors
    /// Where it goes wrong, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        truth(&parse(text)?).map(Self)
    }

    /// Whether it holds.
    pub fn holds(&self, subject: &Subject<'_>) -> bool {
        self.0.of(subject)
    }
}

/// A number worked out for an item of a request; it may be no number at all.
#[derive(Clone, Debug)]
pub struct Number(Num);

impl Number {
    /// Reads and types it.
    ///
    /// # Errors
    /// Where it goes wrong, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        number(&parse(text)?).map(Self)
    }

    /// The number.
    pub fn of(&self, subject: &Subject<'_>) -> f64 {
        self.0.of(subject)
    }
}

fn field(name: &str, at: usize) -> Result<Field, ExpressionError> {
    Field::ALL.iter().copied().find(|field| field.name() == name).ok_or_else(|| {
        let known: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        ExpressionError::new(at, format!("no field `{name}`; there are: {}", known.join(", ")))
    })
}

/// The type an expression has by its outermost part.
fn kind(expression: &Expression) -> Result<Option<Type>, ExpressionError> {
    Ok(Some(match &expression.node {
        Node::Text(_) => Type::Text,
        Node::List(_) => return Ok(None),
        Node::Field(name) => field(name, expression.at)?.of(),
        Node::Two(operator, ..) => match operator {
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                Type::Number
            }
            _ => Type::Truth,
        },
        Node::Truth(_)
        | Node::Not(_)
        | Node::Call(Function::Contains | Function::StartsWith, _) => Type::Truth,
        Node::Call(Function::If, values) => return kind(&values[1]),
        Node::Number(_) | Node::Negative(_) | Node::Call(..) => Type::Number,
    }))
}

fn expected(what: &str, found: &Expression) -> ExpressionError {
    let is = match kind(found) {
        Err(error) => return error,
        Ok(Some(Type::Number)) => "a number",
        Ok(Some(Type::Truth)) => "true or false",
        Ok(Some(Type::Text)) => "a text",
        Ok(None) => "a list",
    };
    ExpressionError::new(found.at, format!("expected {what}, `{found}` is {is}"))
}

fn number(expression: &Expression) -> Result<Num, ExpressionError> {
    let wrong = || expected("a number", expression);
    let both = |a: &Expression, b: &Expression| Ok((number(a)?.into(), number(b)?.into()));
    Ok(match &expression.node {
        Node::Number(number) => Num::Is(*number),
        Node::Field(name) => match field(name, expression.at)? {
            field if field.of() == Type::Number => Num::Field(field),
            _ => return Err(wrong()),
        },
        Node::Negative(inner) => Num::Negative(number(inner)?.into()),
        Node::Two(operator, a, b) => {
            let make = match operator {
                Operator::Add => Num::Add,
                Operator::Subtract => Num::Subtract,
                Operator::Multiply => Num::Multiply,
                Operator::Divide => Num::Divide,
                _ => return Err(wrong()),
            };
            let (a, b) = both(a, b)?;
            make(a, b)
        }
        Node::Call(function, values) => match function {
            Function::If => Num::If(
                truth(&values[0])?.into(),
                number(&values[1])?.into(),
                number(&values[2])?.into(),
            ),
            Function::Min => Num::Least(values.iter().map(number).collect::<Result<_, _>>()?),
            Function::Max => Num::Most(values.iter().map(number).collect::<Result<_, _>>()?),
            Function::Contains | Function::StartsWith => return Err(wrong()),
            one => Num::One(*one, number(&values[0])?.into()),
        },
        _ => return Err(wrong()),
    })
}

fn truth(expression: &Expression) -> Result<Truth, ExpressionError> {
    let wrong = || expected("true or false", expression);
    Ok(match &expression.node {
        Node::Truth(truth) => Truth::Is(*truth),
        Node::Field(name) => match field(name, expression.at)? {
            field if field.of() == Type::Truth => Truth::Field(field),
            _ => return Err(wrong()),
        },
        Node::Not(inner) => Truth::Not(truth(inner)?.into()),
        Node::Two(Operator::And, a, b) => Truth::And(truth(a)?.into(), truth(b)?.into()),
        Node::Two(Operator::Or, a, b) => Truth::Or(truth(a)?.into(), truth(b)?.into()),
        Node::Two(Operator::In, a, b) => match &b.node {
            Node::List(texts) => Truth::In(words(a)?, texts.clone()),
            _ => return Err(expected("a list of texts", b)),
        },
        Node::Two(Operator::Equal, a, b) => same(a, b)?,
        Node::Two(Operator::Unequal, a, b) => Truth::Not(same(a, b)?.into()),
        Node::Two(operator, a, b) => {
            let (one, other) = match operator {
                Operator::Less => (Ordering::Less, None),
                Operator::AtMost => (Ordering::Less, Some(Ordering::Equal)),
                Operator::More => (Ordering::Greater, None),
                Operator::AtLeast => (Ordering::Greater, Some(Ordering::Equal)),
                _ => return Err(wrong()),
            };
            Truth::Numbers(number(a)?, number(b)?, one, other)
        }
        Node::Call(Function::If, values) => Truth::If(
            truth(&values[0])?.into(),
            truth(&values[1])?.into(),
            truth(&values[2])?.into(),
        ),
        Node::Call(Function::Contains, values) => {
            Truth::Contains(words(&values[0])?, words(&values[1])?)
        }
        Node::Call(Function::StartsWith, values) => {
            Truth::StartsWith(words(&values[0])?, words(&values[1])?)
        }
        _ => return Err(wrong()),
    })
}

/// Two values of one type; the left one says which.
fn same(a: &Expression, b: &Expression) -> Result<Truth, ExpressionError> {
    Ok(match kind(a)? {
        Some(Type::Number) => Truth::Numbers(number(a)?, number(b)?, Ordering::Equal, None),
        Some(Type::Truth) => Truth::Same(truth(a)?.into(), truth(b)?.into()),
        Some(Type::Text) => Truth::Texts(words(a)?, words(b)?),
        None => return Err(expected("a number, a text, true or false", a)),
    })
}

fn words(expression: &Expression) -> Result<Words, ExpressionError> {
    Ok(match &expression.node {
        Node::Text(text) => Words::Is(text.clone()),
        Node::Field(name) => match field(name, expression.at)? {
            field if field.of() == Type::Text => Words::Field(field),
            _ => return Err(expected("a text", expression)),
        },
        Node::Call(Function::If, values) => Words::If(
            truth(&values[0])?.into(),
            words(&values[1])?.into(),
            words(&values[2])?.into(),
        ),
        _ => return Err(expected("a text", expression)),
    })
}
