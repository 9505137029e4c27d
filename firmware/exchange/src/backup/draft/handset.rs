//! The facts that make a handset of a text.

use super::*;

impl Handset {
    /// Adds its facts; whether something secret was drawn for it.
    pub(super) fn facts(
        self,
        handset: HandsetNo,
        before: &Durable,
        chance: &mut Chance,
        facts: &mut Vec<Event>,
    ) -> bool {
        let Handset { at: _, told: _, mac, family, model, firmware, origin, .. } = self;
        let (web, lines, own, seat, remote) =
            (self.web, self.lines, self.own, self.seat, self.remote);
        let known = before.handset_of(mac).map(|(_, known)| known);
        let kept = web.or(known.map(|known| known.web));
        let mut drawn = kept.is_none();
        let web = kept.unwrap_or_else(|| WebSecret(chance.bytes()));
        let mut told = Vec::new();
        for (line, of) in (1..=LINES_MAX as u8).filter_map(LineNo::new).zip(lines) {
            let Line { login, secret, extension, name, owner, contact } = of;
            let known = known.and_then(|known| known.lines.iter().find(|it| it.login == login));
            let kept = secret.or(known.map(|known| known.secret));
            drawn |= kept.is_none();
            let secret = kept.unwrap_or_else(|| LineSecret(chance.bytes()));
            let (model, firmware) = (model.clone(), firmware.clone());
            facts.push(match line == LineNo::FIRST {
                true => Event::HandsetCreated {
                    handset,
                    mac: mac.0,
                    origin,
                    family,
                    model,
                    firmware,
                    web,
                    login,
                    secret,
                },
                false => Event::LineAdded { handset, login, secret },
            });
            told.extend(people::assigned(handset, line, owner, (extension, name)));
            told.extend(contact.map(|contact| Event::ContactLearnt { handset, line, contact }));
        }
        facts.append(&mut told);
        facts.extend(own.facts(handset, known));
        if seat != Seat::New {
            facts.push(Event::SeatChanged { handset, seat });
        }
        if let Some((claimed, token)) = remote {
            let kept = token.or(known.and_then(|known| known.remote).map(|remote| remote.token));
            drawn |= kept.is_none();
            let token = kept.unwrap_or_else(|| RemoteToken(chance.bytes()));
            let mark = Some(Remote { token, claimed });
            facts.push(Event::RemoteMarked { handset, mark });
        }
        drawn
    }
}
