//! "Who configures me?" by SIP multicast: SUBSCRIBE `ua-profile`, then a NOTIFY with a URL.
//!
//! The request is the maker's own text. The phone sends it up to five times until something
//! answers, waits for the NOTIFY until its time is up, and then goes on without.

use crate::complaint::Complaint;
use crate::dhcp::Part;
use crate::fixtures::Identity;
use crate::output::Step;
use crate::settings::Settings;
use crate::sip::{respond, Message, Start};
use std::net::{Ipv4Addr, SocketAddrV4};

const FIRST_WAIT_MS: u64 = 500;
const SENDS_MAX: u32 = 5;

/// How the question ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// This URL.
    Url(String),
    /// A refusal, or nothing in time.
    Nothing,
}

/// One question in progress.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) local_port: u16,
    tag: String,
    call_id: String,
    text: Vec<u8>,
    sends: u32,
    wait_ms: u64,
    again_at_ms: Option<u64>,
    until_ms: u64,
}

/// The port this phone asks from; `None` when it does not ask.
pub(crate) fn local_port(who: &Identity, settings: &Settings) -> Option<u16> {
    let fixture = who.fixture.pnp.as_ref().filter(|_| who.kind.asks_pnp())?;
    Some(settings.pnp_port.unwrap_or(fixture.port.value))
}

impl Question {
    /// Sends the first request from this port.
    pub(crate) fn begin(now: u64, ip: Ipv4Addr, local_port: u16, part: &mut Part<'_>) -> Self {
        let form = part.who.fixture.pnp.as_ref().map_or("", |pnp| pnp.subscribe.value.as_str());
        let (tag, call, branch) = (part.rng.hex(), part.rng.hex(), part.rng.hex());
        let (ip, port) = (ip.to_string(), local_port.to_string());
        let extra = [
            ("ip", ip.as_str()),
            ("port", &port),
            ("tag", &tag),
            ("call", &call),
            ("branch", &branch),
        ];
        let text = part.who.expand(form.trim_start(), &extra);
        let text = format!("{}\r\n", text.replace('\n', "\r\n")).into_bytes();
        let mut question = Question {
            local_port,
            call_id: format!("{call}@{ip}"),
            tag,
            text,
            sends: 0,
            wait_ms: FIRST_WAIT_MS,
            again_at_ms: None,
            until_ms: now.saturating_add(part.settings.pnp_wait_ms),
        };
        part.out.log(Step::AsksPnp);
        question.send(now, part);
        question
    }

    pub(crate) fn deadline(&self) -> u64 {
        self.again_at_ms.map_or(self.until_ms, |at| at.min(self.until_ms))
    }

    pub(crate) fn tick(&mut self, now: u64, part: &mut Part<'_>) -> Option<Answer> {
        if now >= self.until_ms {
            return Some(Answer::Nothing);
        }
        if self.again_at_ms.is_some_and(|at| now >= at) {
            part.out.tally.sip_resent += 1;
            self.send(now, part);
        }
        None
    }

    fn send(&mut self, now: u64, part: &mut Part<'_>) {
        part.out.tally.sip_sent += 1;
        part.out.udp(self.local_port, part.settings.pnp_target, self.text.clone());
        self.sends += 1;
        self.again_at_ms = (self.sends < SENDS_MAX).then(|| now.saturating_add(self.wait_ms));
        self.wait_ms = self.wait_ms.saturating_mul(2);
    }

    pub(crate) fn receive(
        &mut self,
        from: SocketAddrV4,
        message: &Message<'_>,
        part: &mut Part<'_>,
    ) -> Option<Answer> {
        if message.header("Call-ID") != Some(self.call_id.as_str()) {
            return None;
        }
        match message.start {
            Start::Response(100..=199) => None,
            Start::Response(200..=299) => {
                self.again_at_ms = None;
                if message.cseq().is_none_or(|(_, method)| method != "SUBSCRIBE") {
                    part.out.complain(Complaint::Pnp("the answer's CSeq is not the request's"));
                }
                if message.parameter("To", "tag").is_none() {
                    part.out.complain(Complaint::Pnp("the answer has no To tag"));
                }
                None
            }
            Start::Response(_) => Some(Answer::Nothing),
            Start::Request("NOTIFY") => self.told(from, message, part),
            Start::Request(_) => None,
        }
    }

    fn told(
        &mut self,
        from: SocketAddrV4,
        notify: &Message<'_>,
        part: &mut Part<'_>,
    ) -> Option<Answer> {
        let tag = part.rng.hex();
        let answer = respond(notify, "200 OK", &tag, &part.who.sip_agent);
        part.out.udp(self.local_port, from, answer);
        let ours = |name: &str| notify.parameter(name, "tag") == Some(self.tag.as_str());
        let kind = notify.header("Content-Type").unwrap_or("");
        let length = notify.header("Content-Length").and_then(|text| text.parse().ok());
        let url = notify.body.trim();
        let authority = url.split_once("://").and_then(|(_, rest)| rest.split('/').next());
        let faults = [
            (!ours("From") && !ours("To"), "the NOTIFY does not carry the phone's tag"),
            (
                kind != "application/url" && kind != "application/x-gs-ucm-url",
                "the NOTIFY's type is no URL",
            ),
            (length != Some(notify.body.len()), "the NOTIFY's Content-Length is wrong"),
            (
                !notify.header("Event").is_some_and(|event| event.starts_with("ua-profile")),
                "the NOTIFY's Event is not ua-profile",
            ),
            (notify.header("Subscription-State").is_none(), "the NOTIFY has no Subscription-State"),
            (authority.is_some_and(|host| host.contains('@')), "the URL carries credentials"),
        ];
        for (_, what) in faults.into_iter().filter(|(wrong, _)| *wrong) {
            part.out.complain(Complaint::Pnp(what));
        }
        if url.is_empty() {
            return Some(Answer::Nothing);
        }
        part.out.log(Step::Told(url.to_owned()));
        Some(Answer::Url(url.to_owned()))
    }
}
