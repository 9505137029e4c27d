//! Conversations over a pipe instead of a network, on a clock that jumps to the next deadline.

use super::*;
use std::ops::RangeInclusive;
use tokio::io::{duplex, split, DuplexStream, ReadHalf, WriteHalf};
use tokio::time::{sleep, Instant};
use wire::sip::{BODY_MAX, HEADER_MAX};

const OPTIONS: &str = "OPTIONS sip:box SIP/2.0\r\nContent-Length: 0\r\n\r\n";
const PING: &str = "\r\n\r\n";
const PIPE_BYTES: usize = 64 * 1_024;
/// Longer than anything takes here; the clock jumps over it.
const EVER: Duration = Duration::from_secs(1_000_000);

/// One connection with both its ends.
struct Call {
    reads: ReadHalf<DuplexStream>,
    writes: WriteHalf<DuplexStream>,
    spoken: mpsc::Receiver<Spoken>,
    /// `None` once hung up.
    outbox: Option<mpsc::Sender<Vec<u8>>>,
    begun: Instant,
}

impl Call {
    async fn comes() -> Call {
        Call::through(PIPE_BYTES, 16).await
    }

    async fn through(pipe_bytes: usize, queue: usize) -> Call {
        let (ours, theirs) = duplex(pipe_bytes);
        let (loop_end, mut spoken) = mpsc::channel(queue);
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 5_060);
        let origin = Origin { interface: InterfaceNo(0), side: Side::Lan, from };
        tokio::spawn(async move { attend(theirs, (StreamNo(7), false), origin, &loop_end).await });
        let Some(Spoken::Opened { stream: StreamNo(7), writer: outbox, .. }) = spoken.recv().await
        else {
            panic!("a connection begins by being opened")
        };
        let (reads, writes) = split(ours);
        Call { reads, writes, spoken, outbox: Some(outbox), begun: clock::after(Duration::ZERO) }
    }

    async fn says(&mut self, text: &str) {
        self.writes.write_all(text.as_bytes()).await.unwrap();
    }

    /// Says these bytes one at a time, so far apart, until nobody listens.
    async fn drips(&mut self, text: &str, apart: Duration) {
        for byte in text.as_bytes() {
            if self.writes.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(apart).await;
        }
    }

    #[track_caller]
    fn seconds(&self) -> u64 {
        self.begun.elapsed().as_secs()
    }

    async fn heard(&mut self) -> String {
        match timeout(EVER, self.spoken.recv()).await.expect("nothing ever comes") {
            Some(Spoken::Message { stream: StreamNo(7), bytes, .. }) => {
                String::from_utf8(bytes).unwrap()
            }
            Some(Spoken::Tls { bytes, .. }) => format!("{} bytes of TLS", bytes.len()),
            Some(Spoken::Closed(StreamNo(7))) => "closed".to_owned(),
            _ => panic!("nothing of this connection was heard"),
        }
    }

    /// Waits for the end, which has to come so many seconds after the beginning.
    async fn ends(mut self, within: RangeInclusive<u64>) {
        let mut rest = Vec::new();
        let read = timeout(EVER, self.reads.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "it never ends");
        assert!(within.contains(&self.seconds()), "ended after {} s", self.seconds());
        while self.heard().await != "closed" {}
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_closed_after_half_a_minute() {
    Call::comes().await.ends(30..=30).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_drips_in_is_cut_off_ten_seconds_after_it_began() {
    let mut call = Call::comes().await;
    sleep(Duration::from_secs(5)).await;
    call.drips(OPTIONS, Duration::from_secs(1)).await;
    call.ends(15..=16).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_begins_late_gets_no_more_than_what_is_left() {
    let mut call = Call::comes().await;
    sleep(Duration::from_secs(25)).await;
    call.says("OPTIONS").await;
    call.ends(30..=30).await;
}

#[tokio::test(start_paused = true)]
async fn half_a_second_message_has_ten_seconds_of_its_own() {
    let mut call = Call::comes().await;
    sleep(Duration::from_secs(20)).await;
    call.says(&format!("{OPTIONS}OPT")).await;
    assert_eq!(call.heard().await, OPTIONS);
    call.ends(30..=30).await;
    let mut call = Call::comes().await;
    call.says(OPTIONS).await;
    sleep(Duration::from_secs(3_000)).await;
    call.says("OPTIONS").await;
    call.ends(3_010..=3_010).await;
}

#[tokio::test(start_paused = true)]
async fn keep_alives_alone_keep_nobody() {
    let mut whole = Call::comes().await;
    while whole.writes.write_all(PING.as_bytes()).await.is_ok() {
        sleep(Duration::from_secs(4)).await;
    }
    whole.ends(30..=34).await;
    let mut dripped = Call::comes().await;
    dripped.drips(&PING.repeat(1_000), Duration::from_secs(1)).await;
    dripped.ends(10..=11).await;
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_spoke_may_be_silent_for_two_registrations() {
    let mut call = Call::comes().await;
    call.says(OPTIONS).await;
    sleep(Duration::from_secs(7_000)).await;
    call.says(OPTIONS).await;
    assert_eq!((call.heard().await, call.heard().await), (OPTIONS.into(), OPTIONS.into()));
    call.ends(14_200..=14_200).await;
}

#[tokio::test(start_paused = true)]
async fn keep_alives_hold_a_phone_that_spoke_and_are_answered() {
    let mut call = Call::comes().await;
    call.says(OPTIONS).await;
    for _ in 0..3 {
        sleep(Duration::from_secs(7_000)).await;
        call.says(PING).await;
        let mut pong = [0; 2];
        call.reads.read_exact(&mut pong).await.unwrap();
        assert_eq!(pong, *b"\r\n");
    }
    call.ends(28_200..=28_200).await;
}

#[tokio::test(start_paused = true)]
async fn messages_are_cut_where_they_end_however_they_arrive() {
    let body = "x".repeat(3_000);
    let long = format!("MESSAGE sip:box SIP/2.0\r\nl: 3000\r\n\r\n{body}");
    let text = format!("\r\n{OPTIONS}{PING}{long}\r\n{OPTIONS}");
    for piece in [1, 7, 1_000, PIPE_BYTES] {
        let mut call = Call::comes().await;
        for piece in text.as_bytes().chunks(piece) {
            call.says(std::str::from_utf8(piece).unwrap()).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(call.heard().await, OPTIONS);
        assert_eq!(call.heard().await, long);
        assert_eq!(call.heard().await, OPTIONS);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_sip_or_too_large_is_closed_at_once() {
    let endless = format!("OPTIONS sip:box SIP/2.0\r\nX: {}", "x".repeat(HEADER_MAX));
    let fat = format!("OPTIONS sip:box SIP/2.0\r\nContent-Length: {}\r\n\r\n", BODY_MAX + 1);
    let lost = "OPTIONS sip:box SIP/2.0\r\nContent-Length: 1x\r\n\r\n";
    for text in [&endless, &fat, lost, "\0\0\0\0", " GET / HTTP/1.1\r\n\r\n"] {
        let mut call = Call::comes().await;
        call.says(text).await;
        call.ends(0..=0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_take_what_he_is_sent_is_gone_in_ten_seconds() {
    let mut call = Call::through(1_000, 16).await;
    call.says(OPTIONS).await;
    sleep(Duration::from_secs(60)).await;
    call.outbox.as_ref().unwrap().try_send(vec![b'x'; 2_000]).unwrap();
    assert_eq!(call.heard().await, OPTIONS);
    assert_eq!(call.heard().await, "closed");
    assert_eq!(call.seconds(), 70);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_nobody_empties_is_hung_up_and_so_is_the_connection() {
    let mut call = Call::through(1_000, 16).await;
    let mut streams = Streams::default();
    streams.opened(StreamNo(7), call.outbox.take().unwrap());
    // The first fills the pipe and is being written; then the queue fills, and one is too many.
    streams.send(StreamNo(7), &[b'x'; 2_000]);
    tokio::task::yield_now().await;
    for _ in 0..STREAM_OUTBOX_MAX {
        streams.send(StreamNo(7), b"x");
    }
    assert_eq!(streams.0.len(), 1);
    streams.send(StreamNo(7), b"x");
    assert!(streams.0.is_empty());
    call.ends(0..=0).await;
}

#[tokio::test(start_paused = true)]
async fn either_side_ends_it_by_hanging_up() {
    let mut call = Call::comes().await;
    call.outbox = None;
    call.ends(0..=0).await;
    let mut call = Call::comes().await;
    call.says(OPTIONS).await;
    call.writes.shutdown().await.unwrap();
    assert_eq!(call.heard().await, OPTIONS);
    call.ends(0..=0).await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_loop_slows_whoever_talks_and_does_not_hoard_what_he_says() {
    let mut call = Call::through(4 * OPTIONS.len(), 2).await;
    let flood = async {
        let mut said = 0;
        while timeout(Duration::from_secs(1), call.writes.write_all(OPTIONS.as_bytes()))
            .await
            .is_ok_and(|written| written.is_ok())
        {
            said += 1;
        }
        said
    };
    let said = flood.await;
    assert!(said < 2 + 4 + STREAM_PIECE_BYTES / OPTIONS.len() + 2, "{said} were taken in");
}

#[test]
fn one_address_has_so_many_connections_and_leaves_no_trace_when_it_is_refused() {
    let lobby = Arc::new(Lobby::default());
    let here = Ipv4Addr::new(10, 0, 0, 1);
    let kept: Vec<_> = (0..STREAMS_PER_SOURCE_MAX).map(|_| lobby.admit(Side::Lan, here)).collect();
    assert!(kept.iter().all(Option::is_some) && lobby.admit(Side::Lan, here).is_none());
    assert!(lobby.admit(Side::Lan, Ipv4Addr::new(10, 0, 0, 2)).is_some());
    drop(kept);
    assert!(lobby.admit(Side::Lan, here).is_some());
    assert_eq!(lobby.lan.lock().unwrap().all(), 0);
}

#[test]
fn strangers_of_the_wan_take_no_place_of_the_lan() {
    let lobby = Arc::new(Lobby::default());
    let all = |side| {
        let sources = (0u32..).map(Ipv4Addr::from);
        sources.map_while(|source| lobby.admit(side, source)).collect::<Vec<_>>()
    };
    let strangers = all(Side::Wan);
    let phones = all(Side::Lan);
    assert_eq!((strangers.len(), phones.len()), (STREAMS_WAN_MAX, STREAMS_MAX));
    drop(strangers);
    assert!(lobby.admit(Side::Wan, Ipv4Addr::LOCALHOST).is_some());
    assert!(lobby.admit(Side::Lan, Ipv4Addr::LOCALHOST).is_none());
}

#[tokio::test(start_paused = true)]
async fn first_words_in_tls_are_heard_as_a_whole_and_end_it() {
    let mut call = Call::comes().await;
    let (first, rest) = ([21, 3, 3, 0], [2, 2, 48]);
    call.writes.write_all(&first).await.unwrap();
    sleep(Duration::from_millis(10)).await;
    call.writes.write_all(&rest).await.unwrap();
    assert_eq!(call.heard().await, "7 bytes of TLS");
    assert_eq!(call.heard().await, "closed");
    // Half of it has the time of a first message.
    let mut call = Call::comes().await;
    call.writes.write_all(&first).await.unwrap();
    call.ends(0..=STREAM_FIRST_MS / 1_000).await;
    // Behind a message it is no beginning.
    let mut call = Call::comes().await;
    call.says(OPTIONS).await;
    assert!(call.heard().await.starts_with("OPTIONS"));
    call.writes.write_all(&[21, 3, 3, 0, 2, 2, 48, 13, 10, 13, 10]).await.unwrap();
    assert_eq!(call.heard().await, "closed");
}
