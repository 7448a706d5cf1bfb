//! Tokens to a tree: precedence climbing, with a bound on the depth.

use super::ExpressionError;
use super::lexer::{Token, tokens};
use super::tree::{Expression, Function, Node, Operator};

/// Deeper expressions are refused: neither parsing nor evaluating may exhaust the stack.
const DEPTH: usize = 48;
/// Longer ones too, so that a long chain of operators stays cheap.
const LENGTH: usize = 2_000;
/// Most operators of one chain.
const CHAIN: usize = 200;

/// Reads an expression; its types are checked by [`super::Condition`] and [`super::Number`].
///
/// # Errors
/// Where it goes wrong, and what was expected there.
pub fn parse(text: &str) -> Result<Expression, ExpressionError> {
    if text.chars().count() > LENGTH {
        return Err(ExpressionError::new(LENGTH, format!("expected at most {LENGTH} characters")));
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0 };
    let whole = parser.binary(1, 0)?;
    match parser.peek() {
        (_, Token::End) => Ok(whole),
        (at, token) => {
            let problem = format!("expected an operator or the end, found {}", token.named());
            Err(ExpressionError::new(at, problem))
        }
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
}

impl Parser {
    fn peek(&self) -> (usize, Token) {
        self.tokens.get(self.next).cloned().unwrap_or((0, Token::End))
    }

    fn step(&mut self) -> (usize, Token) {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), ExpressionError> {
        match self.step() {
            (_, Token::Sign(found)) if found == sign => Ok(()),
            (at, found) => {
                Err(ExpressionError::new(at, format!("expected `{sign}`, found {}", found.named())))
            }
        }
    }

    /// The operator that comes next, and whether it is `not in`.
    fn operator(&self) -> Option<(Operator, bool)> {
        let sign = match self.peek().1 {
            Token::Sign(sign) => sign.to_owned(),
            Token::Word(word) => word,
            _ => return None,
        };
        let after = self.tokens.get(self.next + 1).map(|(_, token)| token);
        if sign == "not" && matches!(after, Some(Token::Word(word)) if word == "in") {
            return Some((Operator::In, true));
        }
        Operator::ALL.into_iter().find(|one| one.sign() == sign).map(|found| (found, false))
    }

    fn binary(&mut self, least: u8, depth: usize) -> Result<Expression, ExpressionError> {
        let mut left = self.unary(depth)?;
        for chained in 0.. {
            let Some((operator, negated)) = self.operator() else { break };
            let binding = operator.binding();
            if binding < least {
                break;
            }
            let (at, _) = self.step();
            if chained + depth > CHAIN {
                return Err(ExpressionError::new(at, "this is too long a chain"));
            }
            if negated {
                self.step();
            }
            let right = self.binary(binding + 1, depth + 1)?;
            left = Expression { at, node: Node::Two(operator, left.into(), right.into()) };
            if negated {
                left = Expression { at, node: Node::Not(left.into()) };
            }
            if binding == 4 && self.operator().is_some_and(|(next, _)| next.binding() == 4) {
                let (at, _) = self.peek();
                return Err(ExpressionError::new(at, "comparisons do not chain, use `and`"));
            }
        }
        Ok(left)
    }

    fn unary(&mut self, depth: usize) -> Result<Expression, ExpressionError> {
        let (at, token) = self.step();
        if depth > DEPTH {
            return Err(ExpressionError::new(at, format!("nested more than {DEPTH} deep")));
        }
        let node = match token {
            Token::Number(number) => Node::Number(number),
            Token::Text(text) => Node::Text(text),
            Token::Sign("(") => {
                let inner = self.binary(1, depth + 1)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Sign("[") => Node::List(self.list()?),
            Token::Sign("-") => {
                let inner = self.unary(depth + 1)?;
                Node::Negative(inner.into())
            }
            Token::Word(word) if word == "not" => Node::Not(self.binary(3, depth + 1)?.into()),
            Token::Word(word) if word == "true" || word == "false" => Node::Truth(word == "true"),
            Token::Word(word) if !["and", "or", "in"].contains(&word.as_str()) => {
                if self.peek().1 != Token::Sign("(") {
                    Node::Field(word)
                } else if let Some(function) =
                    Function::ALL.into_iter().find(|function| function.name() == word)
                {
                    self.call(function, at, depth)?
                } else {
                    let known = Function::ALL.map(Function::name).join(", ");
                    let problem = format!("no function `{word}`; there are: {known}");
                    return Err(ExpressionError::new(at, problem));
                }
            }
            other => {
                let problem = format!("expected a value, found {}", other.named());
                return Err(ExpressionError::new(at, problem));
            }
        };
        Ok(Expression { at, node })
    }

    fn call(
        &mut self,
        function: Function,
        at: usize,
        depth: usize,
    ) -> Result<Node, ExpressionError> {
        self.expect("(")?;
        let mut values = vec![self.binary(1, depth + 1)?];
        while self.peek().1 == Token::Sign(",") {
            self.step();
            values.push(self.binary(1, depth + 1)?);
        }
        self.expect(")")?;
        let (least, most) = function.takes();
        if (least..=most).contains(&values.len()) {
            return Ok(Node::Call(function, values));
        }
        let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let (name, count) = (function.name(), values.len());
        Err(ExpressionError::new(at, format!("`{name}` expected {wanted} values, found {count}")))
    }

    fn list(&mut self) -> Result<Vec<String>, ExpressionError> {
        let mut texts = Vec::new();
        if self.peek().1 == Token::Sign("]") {
            self.step();
            return Ok(texts);
        }
        loop {
            match self.step() {
                (_, Token::Text(text)) => texts.push(text),
                (at, other) => {
                    let problem = format!("expected a text, found {}", other.named());
                    return Err(ExpressionError::new(at, problem));
                }
            }
            match self.step() {
                (_, Token::Sign("]")) => return Ok(texts),
                (_, Token::Sign(",")) => {}
                (at, other) => {
                    let problem = format!("expected `,` or `]`, found {}", other.named());
                    return Err(ExpressionError::new(at, problem));
                }
            }
        }
    }
}
