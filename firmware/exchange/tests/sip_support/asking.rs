//! Handsets are asked to come again: the admin's wish, what is sent for it, what is told of it.

use super::{Outcome, Phone, Sent, SmallOffice, BOX};
use exchange::command::{By, Command, Refusal};
use exchange::names::Side;
use exchange::resync::{Asked, ClockTime, Errand, Progress, Selection};

pub(crate) const SECOND_MS: u64 = 1_000;
pub(crate) const MINUTE_MS: u64 = 60_000;

impl SmallOffice {
    pub(crate) fn wants(
        &mut self,
        whom: Selection,
        errand: Errand,
        when: Option<&str>,
    ) -> Result<Outcome, Refusal> {
        let by = By { side: Side::Lan, source: BOX, seen: None };
        let when = when.map(|text| ClockTime::parse(text).expect("a time"));
        let command = Command::Resync { whom, errand, when };
        let done = self.exchange.command(self.now, &by, command);
        let outcome = self.drain();
        assert!(outcome.records.is_empty(), "it writes no flash");
        done.map(|_| outcome)
    }

    pub(crate) fn asks(&mut self, phone: &Phone) -> Sent {
        let one = Selection::One(self.handset(phone));
        let outcome = self.wants(one, Errand::Resync, None).expect("it is asked");
        outcome.answer().clone()
    }

    pub(crate) fn asked(&self, phone: &Phone) -> Option<Asked> {
        self.exchange.device(self.now, phone.mac).expect("a device").handset.expect("one").asked
    }

    pub(crate) fn progress(&self, phone: &Phone) -> Progress {
        self.asked(phone).expect("it was asked").progress
    }

    /// The steps of a phone's story since it was asked last.
    pub(crate) fn told(&self, phone: &Phone) -> Vec<String> {
        let device = self.exchange.device(self.now, phone.mac).expect("a device");
        let steps: Vec<String> = device.story.iter().map(|(_, step)| step.to_string()).collect();
        let asked = steps.iter().rposition(|step| step.starts_with("Was asked"));
        steps.get(asked.expect("it was asked")..).unwrap_or_default().to_vec()
    }

    pub(crate) fn registered(&mut self, last: u8) -> Phone {
        let mut phone = self.phone(last);
        let contact = phone.contact();
        assert_eq!(self.register(&mut phone, &[&contact]).answer().code(), 200);
        phone
    }

    pub(crate) fn answers(&mut self, phone: &Phone, notify: &Sent, status: &str) -> Outcome {
        let text = response(notify, status);
        self.hears(phone.arrival(), phone.line, text.as_bytes())
    }

    /// All deadlines up to a moment, each when it is due; what was sent, and when.
    pub(crate) fn lives(&mut self, ms: u64) -> Vec<(u64, Sent)> {
        let (begun, end) = (self.now.mono.0, self.now.mono.0 + ms);
        let mut sent = Vec::new();
        loop {
            let due = self.exchange.next_deadline(self.now.mono).0.max(self.now.mono.0 + 1);
            let rest = due.min(end).saturating_sub(self.now.mono.0);
            if let Some(wall) = &mut self.now.wall {
                // Whole seconds are enough for a clock on a wall.
                wall.0 += (self.now.mono.0 + rest) / SECOND_MS - self.now.mono.0 / SECOND_MS;
            }
            let outcome = self.wait(rest);
            let next = self.exchange.next_deadline(self.now.mono);
            assert!(next > self.now.mono, "what was due was done");
            sent.extend(outcome.sent.into_iter().map(|it| (self.now.mono.0 - begun, it)));
            if self.now.mono.0 >= end {
                return sent;
            }
        }
    }
}

/// What a phone says to a NOTIFY.
pub(crate) fn response(notify: &Sent, status: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for name in ["Via", "From", "Call-ID", "CSeq"] {
        text += &format!("{name}: {}\r\n", notify.header(name));
    }
    text + &format!("To: {};tag=p1\r\nContent-Length: 0\r\n\r\n", notify.header("To"))
}

/// A phone registers for another hour.
pub(crate) fn again(office: &mut SmallOffice, phone: &mut Phone) {
    phone.call_id = format!("again-{}", office.now.mono.0);
    let contact = phone.contact();
    assert_eq!(office.register(phone, &[&contact]).answer().code(), 200);
}
