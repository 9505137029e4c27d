//! The text of a pattern becomes a tree. Depth, counts and groups are bounded here; the size of the
//! program is bounded where it is laid out.

use super::{Edge, Flaw, Inst, Node, Set, DEPTH_MAX, GROUPS_MAX, REPEAT_MAX};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Reads one pattern from left to right.
pub(super) struct Parser<'s> {
    rest: &'s [u8],
    fold_case: bool,
    dot_all: bool,
    pub(super) sets: Vec<Set>,
    pub(super) names: Vec<String>,
}

impl<'s> Parser<'s> {
    pub(super) fn new(source: &'s [u8]) -> Self {
        Parser {
            rest: source,
            fold_case: false,
            dot_all: false,
            sets: Vec::new(),
            names: Vec::new(),
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn takes(&mut self, text: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Reads alternatives up to the end or an unopened `)`.
    pub(super) fn alternatives(&mut self, depth: u8) -> Result<Node, Flaw> {
        if depth > DEPTH_MAX {
            return Err(Flaw::TooManyGroups);
        }
        let mut branches = Vec::new();
        loop {
            branches.push(self.sequence(depth)?);
            if !self.takes(b"|") {
                break;
            }
        }
        Ok(Node::Any(branches))
    }

    fn sequence(&mut self, depth: u8) -> Result<Node, Flaw> {
        let mut nodes = Vec::new();
        while let Some(byte) = self.peek() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            if let Some(node) = self.atom(depth)? {
                nodes.push(self.repeated(node)?);
            }
        }
        Ok(Node::All(nodes))
    }

    /// One thing that can be repeated; `None` for a flag that only changes how the rest is read.
    fn atom(&mut self, depth: u8) -> Result<Option<Node>, Flaw> {
        let Some(byte) = self.take() else { return Ok(None) };
        Ok(Some(match byte {
            b'(' => return self.group(depth),
            b'[' => {
                let set = self.class()?;
                self.set(set)?
            }
            b'.' if self.dot_all => self.set(Set::default().opposite())?,
            b'.' => self.set(Set::of([b'\n']).opposite())?,
            b'^' => Node::One(Inst::Assert(Edge::Start)),
            b'$' => Node::One(Inst::Assert(Edge::End)),
            b'\\' if self.takes(b"b") => Node::One(Inst::Assert(Edge::Word)),
            b'\\' if self.takes(b"B") => Node::One(Inst::Assert(Edge::NoWord)),
            b'\\' => {
                let set = self.escape()?;
                self.set(set)?
            }
            b'*' | b'+' | b'?' | b'{' => return Err(Flaw::Repetition),
            literal => self.set(Set::of([literal]))?,
        }))
    }

    /// A set in the present case rule; a set of one is a plain byte.
    fn set(&mut self, set: Set) -> Result<Node, Flaw> {
        let set = if self.fold_case { set.either_case() } else { set };
        let mut members = (0..=u8::MAX).filter(|byte| set.has(*byte));
        if let (Some(only), None) = (members.next(), members.next()) {
            return Ok(Node::One(Inst::Byte(only)));
        }
        let known = self.sets.iter().position(|have| *have == set);
        let at = known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        });
        u16::try_from(at).map(|at| Node::One(Inst::Set(at))).map_err(|_| Flaw::TooLarge)
    }

    fn group(&mut self, depth: u8) -> Result<Option<Node>, Flaw> {
        let outer = (self.fold_case, self.dot_all);
        let mut caught = None;
        if self.takes(b"?P<") || self.takes(b"?<") {
            caught = Some(self.name()?);
        } else if self.takes(b"?") && self.flags()? {
            return Ok(None);
        }
        let node = self.alternatives(depth + 1)?;
        if !self.takes(b")") {
            return Err(Flaw::Unclosed);
        }
        (self.fold_case, self.dot_all) = outer;
        Ok(Some(match caught {
            Some(group) => Node::Caught(group, Box::new(node)),
            None => node,
        }))
    }

    /// Reads `i`, `s` up to `:` (then a group follows: false) or `)` (then nothing: true).
    fn flags(&mut self) -> Result<bool, Flaw> {
        loop {
            match self.take() {
                Some(b'i') => self.fold_case = true,
                Some(b's') => self.dot_all = true,
                Some(b':') => return Ok(false),
                Some(b')') => return Ok(true),
                Some(_) => return Err(Flaw::Unknown),
                None => return Err(Flaw::Unclosed),
            }
        }
    }

    fn name(&mut self) -> Result<u8, Flaw> {
        let mut name = String::new();
        loop {
            match self.take() {
                Some(b'>') => break,
                Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => {
                    name.push(char::from(byte));
                }
                Some(_) => return Err(Flaw::Unknown),
                None => return Err(Flaw::Unclosed),
            }
        }
        if name.is_empty() {
            return Err(Flaw::Unknown);
        }
        if self.names.len() >= GROUPS_MAX {
            return Err(Flaw::TooManyGroups);
        }
        self.names.push(name);
        u8::try_from(self.names.len() - 1).map_err(|_| Flaw::TooManyGroups)
    }

    fn repeated(&mut self, node: Node) -> Result<Node, Flaw> {
        let (least, most) = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => {
                self.take();
                let counts = self.counts()?;
                return self.bounded(node, counts);
            }
            Some(_) | None => return Ok(node),
        };
        self.take();
        self.bounded(node, (least, most))
    }

    fn bounded(&mut self, node: Node, (least, most): (u16, Option<u16>)) -> Result<Node, Flaw> {
        let lazy = self.takes(b"?");
        let doubled = matches!(self.peek(), Some(b'*' | b'+' | b'?' | b'{'));
        if doubled || least > REPEAT_MAX || most.is_some_and(|m| m < least || m > REPEAT_MAX) {
            return Err(Flaw::Repetition);
        }
        Ok(Node::Repeat { node: Box::new(node), least, most, lazy })
    }

    /// The rest of `{m}`, `{m,}` or `{m,n}`.
    fn counts(&mut self) -> Result<(u16, Option<u16>), Flaw> {
        let least = self.number().ok_or(Flaw::Repetition)?;
        let most = match self.takes(b",") {
            true if self.peek() == Some(b'}') => None,
            true => Some(self.number().ok_or(Flaw::Repetition)?),
            false => Some(least),
        };
        if self.takes(b"}") {
            Ok((least, most))
        } else {
            Err(Flaw::Unclosed)
        }
    }

    fn number(&mut self) -> Option<u16> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            self.take();
            let sofar: u16 = number.unwrap_or(0);
            number = Some(sofar.saturating_mul(10).saturating_add(u16::from(digit - b'0')));
        }
        number
    }

    /// The rest of a class after `[`.
    fn class(&mut self) -> Result<Set, Flaw> {
        let negated = self.takes(b"^");
        let mut set = Set::default();
        let mut first = true;
        loop {
            match self.take().ok_or(Flaw::Unclosed)? {
                b']' if !first => break,
                b'\\' => {
                    let more = self.escape()?;
                    self.range(&mut set, more)?;
                }
                byte => self.range(&mut set, Set::of([byte]))?,
            }
            first = false;
        }
        Ok(if negated {
            // What is excluded is excluded in both cases.
            if self.fold_case { set.either_case() } else { set }.opposite()
        } else {
            set
        })
    }

    /// Adds `low`, or everything from it to what follows a `-`.
    fn range(&mut self, set: &mut Set, low: Set) -> Result<(), Flaw> {
        let ranged =
            self.rest.first() == Some(&b'-') && self.rest.get(1).is_some_and(|b| *b != b']');
        if !ranged {
            set.join(&low);
            return Ok(());
        }
        self.take();
        let high = match self.take().ok_or(Flaw::Unclosed)? {
            b'\\' => self.escape()?,
            byte => Set::of([byte]),
        };
        match (single(low), single(high)) {
            (Some(low), Some(high)) if low <= high => {
                set.join(&Set::of(low..=high));
                Ok(())
            }
            _ => Err(Flaw::Repetition),
        }
    }

    /// What follows a backslash, as a set.
    fn escape(&mut self) -> Result<Set, Flaw> {
        let digit = || Set::of(b'0'..=b'9');
        let space = || Set::of([b' ', b'\t', b'\n', b'\r', 0x0b, 0x0c]);
        let word = || Set::of((0..=u8::MAX).filter(|b| b.is_ascii_alphanumeric() || *b == b'_'));
        Ok(match self.take().ok_or(Flaw::Unclosed)? {
            b'd' => digit(),
            b'D' => digit().opposite(),
            b's' => space(),
            b'S' => space().opposite(),
            b'w' => word(),
            b'W' => word().opposite(),
            b'n' => Set::of([b'\n']),
            b'r' => Set::of([b'\r']),
            b't' => Set::of([b'\t']),
            b'x' => Set::of([self.hex()?]),
            byte if byte.is_ascii_alphanumeric() => return Err(Flaw::Unknown),
            byte => Set::of([byte]),
        })
    }

    fn hex(&mut self) -> Result<u8, Flaw> {
        let mut value = 0u8;
        for _ in 0..2 {
            let digit = char::from(self.take().ok_or(Flaw::Unclosed)?).to_digit(16);
            let digit = digit.and_then(|d| u8::try_from(d).ok()).ok_or(Flaw::Unknown)?;
            value = (value << 4) | digit;
        }
        Ok(value)
    }
}

fn single(set: Set) -> Option<u8> {
    let mut members = (0..=u8::MAX).filter(|byte| set.has(*byte));
    members.next().filter(|_| members.next().is_none())
}
