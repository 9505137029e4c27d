//! A program walks over an input, all its threads abreast; no byte is read twice.

use super::{Inst, Pattern, Slots, GROUPS_MAX, UNSET};
use alloc::vec;
use alloc::vec::Vec;

/// One walk of a pattern over an input.
pub(super) struct Walk<'p, 'i> {
    pattern: &'p Pattern,
    input: &'i [u8],
    /// Per instruction, the position (plus one) at which a thread last stood there.
    stood: Vec<u16>,
    pending: Vec<(u16, Slots)>,
}

impl<'p, 'i> Walk<'p, 'i> {
    pub(super) fn new(pattern: &'p Pattern, input: &'i [u8]) -> Self {
        Walk { pattern, input, stood: vec![0; pattern.program.len()], pending: Vec::new() }
    }

    /// The captures of the leftmost match.
    pub(super) fn run(mut self) -> Option<Slots> {
        let mut threads: Vec<(u16, Slots)> = Vec::new();
        let mut coming: Vec<(u16, Slots)> = Vec::new();
        let mut matched = None;
        // The threads at position 0 are begun here; every later position has been entered already.
        for at in 0..=self.input.len() {
            let begins = matched.is_none()
                && (at == 0 || !self.pattern.anchored)
                && self.pattern.may_begin(self.input, at);
            if begins {
                self.enter(0, [UNSET; 2 * GROUPS_MAX], at, &mut threads);
            } else if threads.is_empty() && (matched.is_some() || self.pattern.anchored) {
                break;
            }
            let byte = self.input.get(at).copied();
            for (pc, slots) in threads.drain(..) {
                let goes_on = match self.pattern.program.get(usize::from(pc)) {
                    Some(Inst::Byte(wanted)) => byte == Some(*wanted),
                    Some(Inst::Set(set)) => byte.is_some_and(|byte| self.in_set(*set, byte)),
                    Some(Inst::Match) => {
                        // Threads behind this one are less preferred.
                        matched = Some(slots);
                        break;
                    }
                    Some(Inst::Split(..) | Inst::Jump(_) | Inst::Save(_) | Inst::Assert(_))
                    | None => false,
                };
                if goes_on {
                    self.enter(pc + 1, slots, at + 1, &mut coming);
                }
            }
            core::mem::swap(&mut threads, &mut coming);
        }
        matched
    }

    fn in_set(&self, set: u16, byte: u8) -> bool {
        self.pattern.sets.get(usize::from(set)).is_some_and(|set| set.has(byte))
    }

    /// Puts a thread at `pc`, following all that reads no byte, in order of preference.
    fn enter(&mut self, pc: u16, slots: Slots, at: usize, threads: &mut Vec<(u16, Slots)>) {
        let here = u16::try_from(at).unwrap_or(UNSET);
        self.pending.push((pc, slots));
        while let Some((pc, mut slots)) = self.pending.pop() {
            let Some(stood) = self.stood.get_mut(usize::from(pc)) else { continue };
            if core::mem::replace(stood, here + 1) == here + 1 {
                continue;
            }
            match self.pattern.program.get(usize::from(pc)) {
                Some(Inst::Split(first, second)) => {
                    self.pending.push((*second, slots));
                    self.pending.push((*first, slots));
                }
                Some(Inst::Jump(to)) => self.pending.push((*to, slots)),
                Some(Inst::Save(slot)) => {
                    if let Some(slot) = slots.get_mut(usize::from(*slot)) {
                        *slot = here;
                    }
                    self.pending.push((pc + 1, slots));
                }
                Some(Inst::Assert(edge)) if edge.holds(self.input, at) => {
                    self.pending.push((pc + 1, slots));
                }
                Some(Inst::Byte(_) | Inst::Set(_) | Inst::Match) => threads.push((pc, slots)),
                Some(Inst::Assert(_)) | None => {}
            }
        }
    }
}
