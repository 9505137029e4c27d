//! The loop: the only place that holds the exchange.
//!
//! Something happens; everything that has arrived by then is handed to the exchange, one call at a
//! time, each drained; the records of all of them go to the flash thread as one; what relies on
//! nothing new leaves at once, the rest when the flash thread says that its record is kept. The
//! loop itself never waits for flash, a password, a file or a slow browser.

mod fetch;
mod kept;
#[cfg(test)]
mod tests;

use crate::call::{self, Asked, Call, Desk, Origin, Reply};
use crate::clock::Clock;
use crate::firmware::Shelf;
use crate::flash::{FlashThread, Job, Told};
use crate::neighbour::Neighbours;
use crate::sockets::{Heard, Sockets};
use crate::stream::{Spoken, Streams};
use crate::watchdog::Watchdog;
use crate::wear::{Today, Wear};
use exchange::limits::{HELD_MAX, LEAVE_MS};
use exchange::names::RecordNo;
use exchange::note::Note;
use exchange::state::Event;
use exchange::time::{Instant, Now};
use exchange::{Arrival, Departure, Exchange, Line, Neighbour, Output, TransferNo};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Everything that can wake the loop but its sockets and its deadline.
pub(crate) struct Wakes {
    pub(crate) web: mpsc::Receiver<Asked>,
    pub(crate) streams: mpsc::Receiver<Spoken>,
    pub(crate) flash: mpsc::UnboundedReceiver<Told>,
    pub(crate) stop: oneshot::Receiver<()>,
}

/// What the loop works with, besides the exchange.
pub(crate) struct Hands {
    pub(crate) clock: Clock,
    pub(crate) sockets: Sockets,
    pub(crate) streams: Streams,
    pub(crate) neighbours: Option<Neighbours>,
    pub(crate) flash: FlashThread,
    /// Firmware of phones, and the way by which a piece of it comes back.
    pub(crate) firmware: Option<(Shelf, Desk)>,
    pub(crate) watchdog: Option<Watchdog>,
    pub(crate) notes: fn(Note),
}

impl Hands {
    /// Whence somebody asks, with what ARP knows of him.
    fn arrival(&mut self, origin: Origin) -> Arrival {
        let index = self.sockets.index(origin.interface);
        origin.arrival(look_up(&mut self.neighbours, index, *origin.from.ip()))
    }
}

/// How often the watchdog sees that a state is still being replaced, at least.
const SEEN_OFF_EVERY: Duration = Duration::from_secs(1);

/// The exchange and its surroundings.
pub(crate) struct Driver {
    exchange: Exchange,
    hands: Hands,
    /// What the exchange wants done, in order.
    outputs: Vec<Output>,
    /// Records of this turn, not yet handed to the flash thread.
    records: Vec<Vec<u8>>,
    /// The latest record, and the latest that is on flash.
    made: RecordNo,
    kept: RecordNo,
    held: Vec<(RecordNo, Held)>,
    wear: Wear,
    today: Today,
    /// When the loop ends because the daemon is to be started anew.
    leaves: Option<Instant>,
    /// Whether the whole state was replaced: what the exchange knows is of the past.
    replaced: bool,
}

/// What waits for a record to be on flash.
enum Held {
    Datagram(Departure),
    Reply(oneshot::Sender<Reply>, Reply),
    Restart,
}

impl Held {
    fn is_of(&self, no: TransferNo) -> bool {
        match self {
            Held::Datagram(departure) => departure.line == Line::Transfer(no),
            Held::Reply(..) | Held::Restart => false,
        }
    }
}

/// Why the loop ended.
pub(crate) enum Ended {
    /// Somebody asked it to.
    Stopped,
    /// The daemon is to be started anew, by whoever started it.
    Restart,
    /// Likewise, since its whole state was replaced.
    Restored,
    /// The flash failed, in words; nothing that relied on it was sent.
    FlashFailed(String),
    /// The sockets failed, in words.
    Failed(String),
}

impl Driver {
    pub(crate) fn new(exchange: Exchange, hands: Hands) -> Driver {
        Driver {
            exchange,
            hands,
            outputs: Vec::new(),
            records: Vec::new(),
            made: RecordNo(0),
            kept: RecordNo(0),
            held: Vec::new(),
            wear: Wear::default(),
            today: Today::default(),
            leaves: None,
            replaced: false,
        }
    }

    /// Runs until stopped, or until flash fails.
    pub(crate) async fn run(mut self, mut wakes: Wakes) -> Ended {
        // What is done ahead of any phone, such as probing addresses, begins at once.
        self.exchange.tick(self.hands.clock.now());
        self.drain();
        self.perform();
        loop {
            let deadline = self.turn_over();
            tokio::select! {
                heard = self.hands.sockets.heard() => if let Err(error) = heard {
                    return Ended::Failed(format!("the sockets failed: {error}"));
                },
                Some(asked) = wakes.web.recv() => self.answer(asked),
                Some(spoken) = wakes.streams.recv() => self.hear_stream(spoken),
                Some(told) = wakes.flash.recv() => if let Err(why) = self.settle(told) {
                    return Ended::FlashFailed(why);
                },
                () = tokio::time::sleep_until(deadline) => (),
                _ = &mut wakes.stop => return Ended::Stopped,
            }
            // Read all that waits before anything is answered.
            self.listen();
            while let Some(asked) = self.next_question(&mut wakes.web) {
                self.answer(asked);
            }
            if self.replaced {
                return self.see_off(wakes).await;
            }
            while let Ok(spoken) = wakes.streams.try_recv() {
                self.hear_stream(spoken);
            }
            while let Ok(told) = wakes.flash.try_recv() {
                if let Err(why) = self.settle(told) {
                    return Ended::FlashFailed(why);
                }
            }
            self.tick();
            self.perform();
            if self.may_leave().is_some_and(|at| at <= self.hands.clock.now().mono) {
                return Ended::Restart;
            }
        }
    }

    /// What was asked meanwhile; of a state that was replaced nothing is asked any more.
    fn next_question(&self, web: &mut mpsc::Receiver<Asked>) -> Option<Asked> {
        if self.replaced {
            return None;
        }
        web.try_recv().ok()
    }

    /// Waits until the new state is on flash and whoever wished it has his answer. Nothing of the
    /// old one is told or stored any more: whoever asks meanwhile asks again.
    async fn see_off(mut self, mut wakes: Wakes) -> Ended {
        loop {
            let Hands { clock, watchdog, .. } = &mut self.hands;
            let (now, clock) = (clock.now().mono, *clock);
            let beat = watchdog.as_ref().map(Watchdog::every).unwrap_or(SEEN_OFF_EVERY);
            if let Some(watchdog) = watchdog {
                watchdog.pet(now);
            }
            log::logger().flush();
            let beats = now.after_ms(beat.min(SEEN_OFF_EVERY).as_millis() as u64);
            let deadline = self.leaves.map_or(beats, |leaves| leaves.min(beats));
            tokio::select! {
                Some(told) = wakes.flash.recv() => match told {
                    // It has one, and it is under way.
                    Told::WantsSnapshot => (),
                    Told::Kept(..) | Told::Failed(_) => if let Err(why) = self.settle(told) {
                        return Ended::FlashFailed(why);
                    },
                },
                () = tokio::time::sleep_until(clock.at(deadline)) => (),
                _ = &mut wakes.stop => return Ended::Stopped,
            }
            self.release();
            let now = clock.now().mono;
            if self.leaves.is_none() && self.kept >= self.made {
                self.leaves = Some(now.after_ms(LEAVE_MS));
            }
            if self.leaves.is_some_and(|leaves| leaves <= now) {
                return Ended::Restored;
            }
        }
    }

    /// When the daemon is to end, once nothing is being written any more.
    fn may_leave(&self) -> Option<Instant> {
        self.leaves.filter(|_| self.kept >= self.made)
    }

    /// Shows the watchdog that the loop turns, and says when it has to turn again.
    fn turn_over(&mut self) -> tokio::time::Instant {
        let leaves = self.may_leave();
        let Hands { clock, watchdog, .. } = &mut self.hands;
        let now = clock.now().mono;
        let deadline = self.exchange.next_deadline(now);
        let mut deadline = leaves.map_or(deadline, |leaves| deadline.min(leaves));
        if let Some(watchdog) = watchdog {
            watchdog.pet(now);
            deadline = deadline.min(now.after_ms(watchdog.every().as_millis() as u64));
        }
        log::logger().flush();
        clock.at(deadline)
    }

    fn tick(&mut self) {
        let now = self.hands.clock.now();
        if self.exchange.next_deadline(now.mono) <= now.mono {
            self.exchange.tick(now);
            self.drain();
        }
    }

    fn listen(&mut self) {
        let now = self.hands.clock.now();
        let Driver { exchange, hands, outputs, .. } = self;
        let Hands { sockets, neighbours, flash, firmware, .. } = hands;
        let indices = sockets.indices();
        sockets.drain(&mut |heard| {
            match heard {
                Heard::Datagram(origin, line, bytes) => {
                    let Origin { interface, from, .. } = origin;
                    let index = indices.get(usize::from(interface.0)).copied().flatten();
                    let neighbour = match line {
                        Line::Tftp | Line::SipMulticast => look_up(neighbours, index, *from.ip()),
                        // Who configures me, asked of the box alone: as telling as by multicast.
                        // Empty lines before it are no part of it (RFC 3261 7.5).
                        Line::Sip if bytes.trim_ascii_start().starts_with(b"SUBSCRIBE ") => {
                            look_up(neighbours, index, *from.ip())
                        }
                        Line::Dhcp
                        | Line::Transfer(_)
                        | Line::Sip
                        | Line::SipStream(_)
                        | Line::Mdns
                        | Line::DhcpClient => Neighbour::Unknown,
                    };
                    let arrival = origin.arrival(neighbour);
                    exchange.datagram(now, arrival, line, bytes);
                }
                Heard::Arp { address, mac } => exchange.answered(now, address, mac),
                Heard::Server(origin, mac, bytes) => {
                    let arrival = origin.arrival(Neighbour::Is(mac));
                    exchange.datagram(now, arrival, Line::DhcpClient, bytes);
                }
            }
            while let Some(output) = exchange.poll_output() {
                outputs.push(output);
            }
        });
        if let Some(at) = exchange.last_discover() {
            flash.rush(at);
            if let Some((shelf, _)) = firmware {
                shelf.rush(at);
            }
        }
    }

    fn hear_stream(&mut self, spoken: Spoken) {
        let now = self.hands.clock.now();
        match spoken {
            Spoken::Opened { stream, writer, secured } => {
                self.hands.streams.opened(stream, writer);
                if secured {
                    self.exchange.opened_secured(stream);
                }
            }
            Spoken::Message { stream, origin, bytes } => {
                let arrival = origin.arrival(Neighbour::Unknown);
                self.exchange.datagram(now, arrival, Line::SipStream(stream), &bytes);
            }
            Spoken::Tls { origin, at, bytes } => {
                let arrival = self.hands.arrival(origin);
                self.exchange.spoke_tls(now, arrival, at, &bytes);
            }
            Spoken::Closed(stream) => {
                self.hands.streams.closed(stream);
                self.exchange.closed(now, stream);
            }
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.exchange.poll_output() {
            self.outputs.push(output);
        }
    }

    /// Answers a call of the web, at once or once the record it relies on is kept.
    fn answer(&mut self, asked: Asked) {
        let Asked { call, answer } = asked;
        let (reply, after) = self.reply(call);
        self.drain();
        self.held.push((after, Held::Reply(answer, reply)));
    }

    fn reply(&mut self, call: Call) -> (Reply, RecordNo) {
        let (now, nothing) = (self.hands.clock.now(), RecordNo(0));
        let exchange = &mut self.exchange;
        match call {
            Call::Fetch { origin, name, user_agent, upload, came } => {
                self.fetch(now, origin, (&name, &user_agent), (upload.as_ref(), &came))
            }
            Call::SpokeTls { origin, at, bytes } => {
                let arrival = self.hands.arrival(origin);
                exchange.spoke_tls(now, arrival, at, &bytes);
                (Reply::Heard, nothing)
            }
            Call::Admits { side, source } => {
                (Reply::Admits(exchange.admits_admin(side, source)), nothing)
            }
            Call::Check { source, token } => {
                (Reply::Checked(exchange.logged_in(now, source, &token)), nothing)
            }
            Call::Look => (Reply::Looked(Box::new(exchange.view(now))), nothing),
            Call::LookAt(mac) => {
                (Reply::LookedAt(exchange.device(now, mac).map(Box::new)), nothing)
            }
            Call::LookAtBox => (self.look_at_box(now), nothing),
            Call::LookAtSettings(layer) => {
                (Reply::LookedAtSettings(exchange.settings_view(now, layer).into()), nothing)
            }
            Call::LookAtDhcp => (Reply::LookedAtDhcp(Box::new(exchange.dhcp_view(now))), nothing),
            Call::LookAtBook => (Reply::LookedAtBook(Box::new(exchange.book_view())), nothing),
            Call::LookAtUsers => (Reply::LookedAtUsers(exchange.users_view(now).into()), nothing),
            Call::Do { by, command } => match exchange.command(now, &by, command) {
                Ok(after) => (Reply::Done(Ok(())), after),
                Err(refusal) => (Reply::Done(Err(refusal)), nothing),
            },
            Call::Access(ask) => {
                let (told, after) = call::answer_access(exchange, now, ask);
                (Reply::Access(told), after)
            }
            Call::CopyState { for_backup_of } => (self.copy_state(now, for_backup_of), nothing),
            Call::Restore { source, facts } => match exchange.may_be_replaced(now, source) {
                Ok(()) => (Reply::Done(Ok(())), self.replace(&facts)),
                Err(refusal) => (Reply::Done(Err(refusal)), nothing),
            },
            Call::Rules(ask) => (Reply::Rules(call::answer_rules(exchange, now, ask)), nothing),
            Call::LookAtSigns(tried) => {
                let tried = tried.as_ref().map(|(kind, text)| (*kind, text.as_str()));
                (Reply::LookedAtSigns(exchange.signs_view(tried).into()), nothing)
            }
            Call::Templates(ask) => {
                (Reply::Templates(call::answer_templates(exchange, now, ask)), nothing)
            }
            Call::Firmware(ask) => {
                (Reply::Firmware(call::answer_firmware(exchange, now, ask)), nothing)
            }
            Call::Certificates(ask) => {
                let (told, after) = call::answer_certificates(exchange, now, ask);
                (Reply::Certificates(told), after)
            }
            Call::Piece(transfer, piece) => {
                exchange.piece(now, transfer, piece);
                (Reply::Done(Ok(())), nothing)
            }
        }
    }

    fn look_at_box(&mut self, now: Now) -> Reply {
        let today = self.today.bytes(now);
        Reply::LookedAtBox(Box::new(self.exchange.box_view(now)), self.wear, today)
    }

    fn copy_state(&mut self, now: Now, for_backup_of: Option<Ipv4Addr>) -> Reply {
        if let Some(source) = for_backup_of {
            self.exchange.backed_up(now, source);
        }
        Reply::StateCopied(Box::new(self.exchange.footing()))
    }

    /// Does what the exchange wants: hands records to the flash thread as one, and sends what may
    /// leave.
    fn perform(&mut self) {
        for output in std::mem::take(&mut self.outputs) {
            match output {
                Output::Record(no, event) => {
                    self.made = no;
                    self.records.push(encoded(&event));
                }
                // While flash is written, a flood must not fill memory; who is dropped asks again.
                Output::Send(_, after) if after > self.kept && self.held.len() >= HELD_MAX => (),
                Output::Send(departure, after) => {
                    self.held.push((after, Held::Datagram(departure)));
                }
                Output::Close(Line::Transfer(no)) => {
                    self.release();
                    // What still waits would open the socket anew, and nobody would close it.
                    self.held.retain(|(_, held)| !held.is_of(no));
                    self.hands.sockets.close(no);
                }
                Output::Close(Line::SipStream(stream)) => self.hands.streams.close(stream),
                Output::Close(
                    Line::Dhcp
                    | Line::Tftp
                    | Line::Sip
                    | Line::SipMulticast
                    | Line::Mdns
                    | Line::DhcpClient,
                ) => (),
                Output::Probe(interface, address) => self.hands.sockets.probe(interface, address),
                Output::Note(note) => (self.hands.notes)(note),
                Output::Restart(after) => self.held.push((after, Held::Restart)),
                Output::Read(transfer, file, at, len) => {
                    if let Some((shelf, desk)) = &self.hands.firmware {
                        let desk = desk.clone();
                        shelf.read_for(file, at, len, move |piece| desk.bring(transfer, piece));
                    }
                }
            }
        }
        if !self.records.is_empty() {
            self.hands.flash.hand(Job::Append(std::mem::take(&mut self.records), self.made));
        }
        self.release();
    }

    /// Lets go what waits for nothing any more.
    fn release(&mut self) {
        let kept = self.kept;
        let (free, waiting) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|(after, _): &(RecordNo, Held)| *after <= kept);
        self.held = waiting;
        for (_, held) in free {
            match held {
                Held::Datagram(departure) => self.send(&departure),
                // A browser that went away meanwhile is nobody's loss.
                Held::Reply(answer, reply) => drop(answer.send(reply)),
                // What has just been answered leaves first.
                Held::Restart => {
                    self.leaves = Some(self.hands.clock.now().mono.after_ms(LEAVE_MS));
                }
            }
        }
    }

    fn send(&mut self, departure: &Departure) {
        match departure.line {
            Line::SipStream(stream) => self.hands.streams.send(stream, &departure.bytes),
            Line::Dhcp
            | Line::Tftp
            | Line::Transfer(_)
            | Line::Sip
            | Line::SipMulticast
            | Line::Mdns
            | Line::DhcpClient => {
                if let Err(error) = self.hands.sockets.send(departure) {
                    log::debug!("a datagram could not leave: {error}");
                }
            }
        }
    }
}

fn look_up(neighbours: &mut Option<Neighbours>, index: Option<u32>, ip: Ipv4Addr) -> Neighbour {
    let found = neighbours.as_mut().zip(index).and_then(|(table, index)| table.find(index, ip));
    found.map_or(Neighbour::Unknown, Neighbour::Is)
}

fn encoded(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    bytes
}
