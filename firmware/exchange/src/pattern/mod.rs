//! Patterns over bytes that match in linear time, for recognising phones by what they send.
//!
//! A pattern is compiled once into a small program; a match walks the input once and keeps at most
//! one thread per instruction (Thompson and Pike), so that no input and no pattern can make it
//! slow: the work is bounded by [`INPUT_MAX`] times [`PROGRAM_MAX`]. Input is bytes and need not be
//! UTF-8. An input longer than [`INPUT_MAX`] never matches.
//!
//! The language is the common core of regular expressions: literals, `.`, `[classes]`, `\d \w \s`
//! and their opposites, `\b`, `\xHH`, `^ $`, `( | )`, `(?: )`, `(?P<name> )`, `* + ? {m,n}`, each
//! also lazy, and the flags `(?i)` (ASCII only) and `(?s)`. Of several matches the leftmost counts,
//! and there the first alternative. Only named groups capture. There is no look-around and there
//! are no back-references; a repetition counts to 64 at most.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Longest pattern source, in bytes.
pub const SOURCE_MAX: usize = 512;
/// Most instructions of one compiled pattern.
pub const PROGRAM_MAX: usize = 1024;
/// Longest input that is considered, in bytes.
pub const INPUT_MAX: usize = 512;
/// Most named groups in one pattern.
pub const GROUPS_MAX: usize = 8;
/// Deepest nesting of groups.
const DEPTH_MAX: u8 = 16;
/// Highest count in a repetition.
const REPEAT_MAX: u16 = 64;
/// A capture that did not take part in the match.
const UNSET: u16 = u16::MAX;

// Positions and instructions are counted in 16 bits, and the highest number means none.
const _: () = assert!(INPUT_MAX < UNSET as usize);
const _: () = assert!(PROGRAM_MAX < UNSET as usize);

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    program: Vec<Inst>,
    sets: Vec<Set>,
    names: Vec<String>,
    /// Bytes with which a match can begin; `None` where it may be empty.
    first: Option<Set>,
    /// Whether a match can begin at the start of the input only.
    anchored: bool,
}

/// Why a text is no pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// The source is longer than [`SOURCE_MAX`] or its program than [`PROGRAM_MAX`].
    TooLarge,
    /// Groups are nested too deeply, or more than [`GROUPS_MAX`] have names.
    TooManyGroups,
    /// A group, class or count is not closed, or closed without being open.
    Unclosed,
    /// An escape, a flag or a kind of group that is not part of the language.
    Unknown,
    /// A repetition of nothing, one that runs backwards, or one that counts too far.
    Repetition,
}

/// One match of a pattern.
#[derive(Debug)]
pub struct Found<'p, 'i> {
    pattern: &'p Pattern,
    input: &'i [u8],
    slots: Slots,
}

impl<'i> Found<'_, 'i> {
    /// The bytes a named group caught, `None` where it took no part.
    pub fn group(&self, name: &str) -> Option<&'i [u8]> {
        let named = self.pattern.names.iter().enumerate().filter(|(_, have)| *have == name);
        named.into_iter().find_map(|(group, _)| {
            let from = *self.slots.get(2 * group)?;
            let to = *self.slots.get(2 * group + 1)?;
            self.input.get(usize::from(from)..usize::from(to))
        })
    }
}

impl Pattern {
    /// Compiles `source`.
    pub fn new(source: &str) -> Result<Pattern, Flaw> {
        if source.len() > SOURCE_MAX {
            return Err(Flaw::TooLarge);
        }
        let mut parser = Parser::new(source.as_bytes());
        let tree = parser.alternatives(0)?;
        if parser.peek().is_some() {
            return Err(Flaw::Unclosed);
        }
        let mut program = Vec::new();
        emit(&tree, &mut program)?;
        push(&mut program, Inst::Match)?;
        let Parser { sets, names, .. } = parser;
        let mut pattern = Pattern { program, sets, names, first: None, anchored: false };
        pattern.anchored = pattern.leaves(false).is_empty();
        pattern.first = pattern.first_bytes();
        Ok(pattern)
    }

    /// The leftmost match in `input`.
    pub fn find<'p, 'i>(&'p self, input: &'i [u8]) -> Option<Found<'p, 'i>> {
        if input.len() > INPUT_MAX || (self.anchored && !self.may_begin(input, 0)) {
            return None;
        }
        let slots = Walk::new(self, input).run()?;
        Some(Found { pattern: self, input, slots })
    }

    /// Whether there is a match in `input`.
    pub fn matches(&self, input: &[u8]) -> bool {
        self.find(input).is_some()
    }

    /// How many instructions it has; a match takes at most so many steps for each byte of input.
    pub fn steps(&self) -> usize {
        self.program.len()
    }

    fn may_begin(&self, input: &[u8], at: usize) -> bool {
        match (&self.first, input.get(at)) {
            (None, _) => true,
            (Some(first), Some(byte)) => first.has(*byte),
            (Some(_), None) => false,
        }
    }

    /// Instructions that are reached from the start without reading a byte, and that read or end;
    /// `past_start` says whether `^` lets through.
    fn leaves(&self, past_start: bool) -> Vec<Inst> {
        let mut seen = vec![false; self.program.len()];
        let (mut stack, mut leaves) = (vec![0u16], Vec::new());
        while let Some(at) = stack.pop() {
            let (Some(seen), Some(inst)) =
                (seen.get_mut(usize::from(at)), self.program.get(usize::from(at)))
            else {
                continue;
            };
            if core::mem::replace(seen, true) {
                continue;
            }
            match *inst {
                Inst::Split(a, b) => stack.extend([a, b]),
                Inst::Jump(to) => stack.push(to),
                Inst::Assert(Edge::Start) if !past_start => {}
                Inst::Save(_) | Inst::Assert(_) => stack.push(at + 1),
                Inst::Byte(_) | Inst::Set(_) | Inst::Match => leaves.push(*inst),
            }
        }
        leaves
    }

    fn first_bytes(&self) -> Option<Set> {
        let mut first = Set::default();
        for leaf in self.leaves(true) {
            match leaf {
                Inst::Byte(byte) => first.add(byte),
                Inst::Set(set) => first.join(self.sets.get(usize::from(set))?),
                Inst::Match => return None,
                Inst::Split(..) | Inst::Jump(_) | Inst::Save(_) | Inst::Assert(_) => {}
            }
        }
        Some(first)
    }
}

type Slots = [u16; 2 * GROUPS_MAX];

/// One instruction of a program.
#[derive(Clone, Copy, Debug)]
enum Inst {
    Byte(u8),
    Set(u16),
    /// Goes on at both, the first preferred.
    Split(u16, u16),
    Jump(u16),
    Save(u8),
    Assert(Edge),
    Match,
}

/// A condition between two bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Edge {
    Start,
    End,
    Word,
    NoWord,
}

impl Edge {
    fn holds(self, input: &[u8], at: usize) -> bool {
        let word = |at: Option<usize>| {
            at.and_then(|at| input.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        };
        match self {
            Edge::Start => at == 0,
            Edge::End => at == input.len(),
            Edge::Word => word(at.checked_sub(1)) != word(Some(at)),
            Edge::NoWord => word(at.checked_sub(1)) == word(Some(at)),
        }
    }
}

/// A set of byte values.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Set([u64; 4]);

impl Set {
    fn of(bytes: impl IntoIterator<Item = u8>) -> Set {
        let mut set = Set::default();
        bytes.into_iter().for_each(|byte| set.add(byte));
        set
    }

    fn add(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    fn join(&mut self, other: &Set) {
        self.0.iter_mut().zip(other.0).for_each(|(word, more)| *word |= more);
    }

    fn opposite(self) -> Set {
        Set(self.0.map(|word| !word))
    }

    fn either_case(self) -> Set {
        let own = (0..=u8::MAX).filter(|byte| self.has(*byte));
        Set::of(own.flat_map(|byte| [byte.to_ascii_lowercase(), byte.to_ascii_uppercase(), byte]))
    }
}

/// What a pattern says, before it is laid out as a program.
enum Node {
    One(Inst),
    All(Vec<Node>),
    Any(Vec<Node>),
    Caught(u8, Box<Node>),
    Repeat { node: Box<Node>, least: u16, most: Option<u16>, lazy: bool },
}

fn push(program: &mut Vec<Inst>, inst: Inst) -> Result<u16, Flaw> {
    let at = program.len();
    if at >= PROGRAM_MAX {
        return Err(Flaw::TooLarge);
    }
    program.push(inst);
    u16::try_from(at).map_err(|_| Flaw::TooLarge)
}

/// The number of the next instruction; [`push`] keeps it below [`PROGRAM_MAX`].
fn next(program: &[Inst]) -> u16 {
    u16::try_from(program.len()).unwrap_or(UNSET)
}

fn patch(program: &mut [Inst], at: u16, inst: Inst) {
    if let Some(place) = program.get_mut(usize::from(at)) {
        *place = inst;
    }
}

fn fork(stay: u16, leave: u16, lazy: bool) -> Inst {
    if lazy {
        Inst::Split(leave, stay)
    } else {
        Inst::Split(stay, leave)
    }
}

fn emit(node: &Node, program: &mut Vec<Inst>) -> Result<(), Flaw> {
    match node {
        Node::One(inst) => push(program, *inst).map(|_| ()),
        Node::All(nodes) => nodes.iter().try_for_each(|node| emit(node, program)),
        Node::Any(nodes) => emit_any(nodes, program),
        Node::Caught(group, node) => {
            push(program, Inst::Save(2 * group))?;
            emit(node, program)?;
            push(program, Inst::Save(2 * group + 1)).map(|_| ())
        }
        Node::Repeat { node, least, most, lazy } => {
            (0..*least).try_for_each(|_| emit(node, program))?;
            match most {
                None => emit_loop(node, *lazy, program),
                Some(most) => emit_optional(node, most.saturating_sub(*least), *lazy, program),
            }
        }
    }
}

fn emit_any(nodes: &[Node], program: &mut Vec<Inst>) -> Result<(), Flaw> {
    let Some((last, others)) = nodes.split_last() else { return Ok(()) };
    let mut ends = Vec::new();
    for node in others {
        let split = push(program, Inst::Match)?;
        emit(node, program)?;
        ends.push(push(program, Inst::Match)?);
        let other = next(program);
        patch(program, split, Inst::Split(split + 1, other));
    }
    emit(last, program)?;
    let end = next(program);
    ends.into_iter().for_each(|jump| patch(program, jump, Inst::Jump(end)));
    Ok(())
}

fn emit_loop(node: &Node, lazy: bool, program: &mut Vec<Inst>) -> Result<(), Flaw> {
    let split = push(program, Inst::Match)?;
    emit(node, program)?;
    push(program, Inst::Jump(split))?;
    let end = next(program);
    patch(program, split, fork(split + 1, end, lazy));
    Ok(())
}

fn emit_optional(node: &Node, times: u16, lazy: bool, program: &mut Vec<Inst>) -> Result<(), Flaw> {
    let mut splits = Vec::new();
    for _ in 0..times {
        splits.push(push(program, Inst::Match)?);
        emit(node, program)?;
    }
    let end = next(program);
    splits.into_iter().for_each(|at| patch(program, at, fork(at + 1, end, lazy)));
    Ok(())
}

mod parse;
mod walk;

use parse::Parser;
use walk::Walk;
