//! What the web asks of the loop, and what it is answered: calls as values, since only the loop
//! touches the exchange. An answer that relies on a fact is held until that fact is on flash.

mod access;
mod certificates;
mod firmware;
mod rules;
mod templates;

pub(crate) use access::{answer as answer_access, Ask, Told};
pub(crate) use certificates::{answer as answer_certificates, AskCertificates, ToldCertificates};
pub(crate) use firmware::{answer as answer_firmware, AskFirmware, ToldFirmware};
pub(crate) use rules::{answer as answer_rules, AskRules, ToldRules};
pub(crate) use templates::{answer as answer_templates, AskTemplates, ToldTemplates};

use crate::wear::Wear;
use exchange::access::LoggedIn;
use exchange::backup::Footing;
use exchange::catalog::OwnKind;
use exchange::command::{By, Command, Refusal};
use exchange::layer::Layer;
use exchange::limits::QUESTIONS_MAX;
use exchange::names::{InterfaceNo, Side};
use exchange::note::Protocol;
use exchange::state::Event;
use exchange::view::{
    BookView, BoxView, DeviceView, DhcpView, SettingsView, SignsView, UsersView, View,
};
use exchange::{Answer, Arrival, Neighbour, TransferNo, Upload, Way};
use std::net::{Ipv4Addr, SocketAddrV4};
use tokio::sync::{mpsc, oneshot};
use wire::Mac;

/// Where a request came from.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) interface: InterfaceNo,
    pub(crate) side: Side,
    pub(crate) from: SocketAddrV4,
}

/// How a question came, and what came with it to prove by whom it is asked.
#[derive(Clone, Default)]
pub(crate) struct Came {
    pub(crate) tls: bool,
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) certified: Option<Mac>,
}

impl Came {
    pub(crate) fn way(&self) -> Way<'_> {
        let Came { tls, credentials, certified } = self;
        let credentials = credentials.as_ref().map(|(user, password)| (&user[..], &password[..]));
        Way { tls: *tls, credentials, certified: *certified }
    }
}

/// The end of what a phone wants to store, and how many bytes it has as a whole.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) end: Vec<u8>,
    pub(crate) bytes: u64,
}

impl Sent {
    /// In place of the bytes of what did not come whole.
    pub(crate) const NOT_WHOLE: u64 = u64::MAX;

    pub(crate) fn upload(&self) -> Upload<'_> {
        Upload { end: &self.end, bytes: self.bytes }
    }
}

impl Origin {
    /// The same with what is known of the hardware there.
    pub(crate) fn arrival(self, neighbour: Neighbour) -> Arrival {
        let Origin { interface, side, from } = self;
        Arrival { side, interface, from, neighbour }
    }
}

/// One question.
pub(crate) enum Call {
    /// Which file does this phone get, or may it store this one? Name as in [`exchange::Fetch`].
    Fetch { origin: Origin, name: String, user_agent: Vec<u8>, upload: Option<Sent>, came: Came },
    /// These words of somebody who speaks TLS to the port of a protocol are why nothing came of it.
    SpokeTls { origin: Origin, at: Protocol, bytes: Vec<u8> },
    /// May this address see the admin's pages at all?
    Admits { side: Side, source: Ipv4Addr },
    /// Whose token is this?
    Check { source: Ipv4Addr, token: String },
    /// What does the office look like?
    Look,
    /// What did this device do?
    LookAt(Mac),
    /// How is the box itself?
    LookAtBox,
    /// What is set of phones, in this layer?
    LookAtSettings(Layer),
    /// How is DHCP served, and who else serves it?
    LookAtDhcp,
    /// Who stands in the phone book?
    LookAtBook,
    /// Which users are there?
    LookAtUsers,
    /// Is this done, or why not?
    Do { by: By, command: Command },
    /// Who may use the pages?
    Access(Ask),
    /// What is all that there is, and for whose backup, if it is for one?
    CopyState { for_backup_of: Option<Ipv4Addr> },
    /// Is the whole state now what these facts make?
    Restore { source: Ipv4Addr, facts: Vec<Event> },
    /// What is there of templates?
    Templates(AskTemplates),
    /// Which signs of phones are an admin's own, and what is made of this one?
    LookAtSigns(Option<(OwnKind, String)>),
    /// How are phones taken in, and who was turned away?
    Rules(AskRules),
    /// What is there of firmware?
    Firmware(AskFirmware),
    /// What is there of certificates?
    Certificates(AskCertificates),
    /// Here is what a transfer asked for; nobody waits for the answer.
    Piece(TransferNo, Option<Vec<u8>>),
}

/// The answer, by the question.
pub(crate) enum Reply {
    Fetched(Answer),
    /// It was taken note of.
    Heard,
    Admits(bool),
    Checked(Option<LoggedIn>),
    Looked(Box<View>),
    LookedAt(Option<Box<DeviceView>>),
    LookedAtBox(Box<BoxView>, Wear, Option<u64>),
    LookedAtSettings(Box<SettingsView>),
    LookedAtDhcp(Box<DhcpView>),
    LookedAtBook(Box<BookView>),
    LookedAtUsers(Box<UsersView>),
    Done(Result<(), Refusal>),
    Access(Told),
    StateCopied(Box<Footing>),
    Templates(ToldTemplates),
    LookedAtSigns(Box<SignsView>),
    Rules(ToldRules),
    Firmware(ToldFirmware),
    Certificates(ToldCertificates),
}

/// A question with the way back.
pub(crate) struct Asked {
    pub(crate) call: Call,
    pub(crate) answer: oneshot::Sender<Reply>,
}

/// The web's end of the loop.
#[derive(Clone)]
pub(crate) struct Desk(mpsc::Sender<Asked>);

/// A desk, and the end from which the loop takes its questions.
pub(crate) fn desk() -> (Desk, mpsc::Receiver<Asked>) {
    let (questions, queue) = mpsc::channel(QUESTIONS_MAX);
    (Desk(questions), queue)
}

impl Desk {
    /// Asks; `None` when the loop has ended.
    pub(crate) async fn ask(&self, call: Call) -> Option<Reply> {
        let (answer, reply) = oneshot::channel();
        self.0.send(Asked { call, answer }).await.ok()?;
        reply.await.ok()
    }

    /// Brings a transfer the piece of a file that it asked for; waits while the loop is busy, which
    /// a thread of its own may do.
    pub(crate) fn bring(&self, transfer: TransferNo, piece: Option<Vec<u8>>) {
        self.tell(Call::Piece(transfer, piece));
    }

    /// Has the loop know something; like [`Desk::bring`] for threads of their own.
    pub(crate) fn tell(&self, call: Call) {
        let (answer, _nobody) = oneshot::channel();
        // A loop that has ended needs to know nothing any more.
        let _ = self.0.blocking_send(Asked { call, answer });
    }

    /// Asks who may use the pages; `None` when the loop has ended.
    pub(crate) async fn ask_access(&self, ask: Ask) -> Option<Told> {
        match self.ask(Call::Access(ask)).await {
            Some(Reply::Access(told)) => Some(told),
            _no_answer => None,
        }
    }
}
