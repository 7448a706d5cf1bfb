//! An expression as it was written, and written again.

use std::fmt::{self, Display, Formatter, Write};

/// What stands between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 13] = [
        Self::Or,
        Self::And,
        Self::Equal,
        Self::Unequal,
        Self::Less,
        Self::AtMost,
        Self::More,
        Self::AtLeast,
        Self::In,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
    ];

    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }

    /// How tightly it binds; `not` is 3, the minus sign 7.
    pub(super) fn binding(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide => 6,
            _ => 4,
        }
    }
}

/// What can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names say it; the language's own documentation is in the README"
)]
pub enum Function {
    Min,
    Max,
    Exp,
    Ln,
    Sqrt,
    Abs,
    If,
    Contains,
    StartsWith,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 9] = [
        Self::Min,
        Self::Max,
        Self::Exp,
        Self::Ln,
        Self::Sqrt,
        Self::Abs,
        Self::If,
        Self::Contains,
        Self::StartsWith,
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Exp => "exp",
            Self::Ln => "ln",
            Self::Sqrt => "sqrt",
            Self::Abs => "abs",
            Self::If => "if",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
        }
    }

    /// How many values it takes, at least and at most.
    pub(super) fn takes(self) -> (usize, usize) {
        match self {
            Self::Min | Self::Max => (2, 8),
            Self::Exp | Self::Ln | Self::Sqrt | Self::Abs => (1, 1),
            Self::If => (3, 3),
            Self::Contains | Self::StartsWith => (2, 2),
        }
    }
}

/// A parsed expression; `at` is the character it stands at, from 1.
#[derive(Clone, Debug)]
pub struct Expression {
    /// Where its first or leading sign stands.
    pub at: usize,
    /// What it is.
    pub node: Node,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A number that is finite and not negative.
    Number(f64),
    /// `true` or `false`.
    Truth(bool),
    /// A text.
    Text(String),
    /// Texts in brackets.
    List(Vec<String>),
    /// A field by its name, checked later.
    Field(String),
    /// `not`.
    Not(Box<Expression>),
    /// The minus sign.
    Negative(Box<Expression>),
    /// Two values with something between them.
    Two(Operator, Box<Expression>, Box<Expression>),
    /// A function with its values.
    Call(Function, Vec<Expression>),
}

/// Two expressions are the same wherever they stand.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl Expression {
    fn binding(&self) -> u8 {
        match &self.node {
            Node::Two(operator, ..) => operator.binding(),
            Node::Not(_) => 3,
            Node::Negative(_) => 7,
            _ => 8,
        }
    }

    /// Writes it, in brackets where it binds less tightly than `least`.
    fn write(&self, f: &mut Formatter<'_>, least: u8) -> fmt::Result {
        if self.binding() < least {
            return write!(f, "({self})");
        }
        write!(f, "{self}")
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::Number(number) => write!(f, "{number}"),
            Node::Truth(truth) => write!(f, "{truth}"),
            Node::Text(text) => quote(f, text),
            Node::List(texts) => {
                f.write_char('[')?;
                for (nth, text) in texts.iter().enumerate() {
                    f.write_str(if nth == 0 { "" } else { ", " })?;
                    quote(f, text)?;
                }
                f.write_char(']')
            }
            Node::Field(name) => f.write_str(name),
            Node::Not(inner) => {
                f.write_str("not ")?;
                inner.write(f, 3)
            }
            Node::Negative(inner) => {
                f.write_char('-')?;
                inner.write(f, 7)
            }
            Node::Two(operator, left, right) => {
                let binding = operator.binding();
                // Comparisons do not chain; the others associate to the left.
                left.write(f, binding + u8::from(binding == 4))?;
                write!(f, " {} ", operator.sign())?;
                right.write(f, binding + 1)
            }
            Node::Call(function, values) => {
                write!(f, "{}(", function.name())?;
                for (nth, value) in values.iter().enumerate() {
                    f.write_str(if nth == 0 { "" } else { ", " })?;
                    write!(f, "{value}")?;
                }
                f.write_char(')')
            }
        }
    }
}

fn quote(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
